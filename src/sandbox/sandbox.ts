import type { AskHandler, Grants, LogLevel } from '../capability/index.ts'
import type { CompiledModule } from '../compile/index.ts'
import type {
  CaxtonError,
  CompileMode,
  DoorName,
  ErrorData,
  Limits,
  Message,
  Scheduling,
  Script,
} from '../core/index.ts'
import type { MemoryTree, Mount } from '../wasi/index.ts'
import type { Effects, Kept } from './kept/kept.ts'

/** Everything that is needed to run one agent. */
export interface SandboxSpec {
  /** Name of the agent. */
  readonly name: string
  readonly compiled: CompiledModule
  readonly door: DoorName
  /** What runs behind the `javascript` door, else null. */
  readonly script: Script | null
  readonly grants: Grants
  readonly limits: Limits
  readonly config: Readonly<Record<string, string>>
  /** In the process tier agents of one tenant share a process, and nobody else is in it. @default the name of the agent */
  readonly tenant?: string
  /** In the process tier: how V8 compiles it. Agents that are compiled otherwise are in another process. @default start */
  readonly compile?: CompileMode
  /** Arguments of a WASI program, its name first. @default none */
  readonly args?: readonly string[]
  /** Environment of a WASI program. Does not default to that of the host, because that would break the sandbox. @default none */
  readonly env?: Readonly<Record<string, string>>
  /** Files of a WASI program: see `loadMounts`. Does not default to those of the host, because that would break the sandbox. @default none */
  readonly mounts?: readonly Mount[]
  /** Standard input of a WASI program; `asked`: what `onAsk` answers to `read_stdin`, no bytes for the end. @default empty */
  readonly stdin?: Uint8Array | 'asked'
  /** Every message to it goes through the main thread, where it is traced. @default false */
  readonly isTraced?: boolean
  /** How the agent shares its thread with others. @default DEFAULT_SCHEDULING: weight 100, priority normal */
  readonly scheduling?: Partial<Scheduling>
  /** What the agent sends is held by the host until the call has succeeded: nothing is handed over inside its thread. @default false */
  readonly holdsSends?: boolean
  /** What the agent keeps at the time of the call, for each instance that is made of it. @default nothing */
  readonly kept?: () => Kept
  /** Whether its start is under way when `create` resolves: whoever starts it anyway waits for its thread once, not twice. @default false */
  readonly startsAhead?: boolean
}

/** What one call of a guest used. */
export interface Usage {
  readonly fuel: number
  /** CPU time of the thread; for calls that ran less than 10 ms, which the operating system cannot tell apart, that time. */
  readonly cpuMs: number
  /** Time that the guest ran, without what it waited for its thread or in host calls. */
  readonly wallMs: number
  /** Bytes of all memories of the module when the call ended. Memory never shrinks, so this is the peak. */
  readonly memoryBytes: number
  /** Elements of all tables of the module when the call ended. Tables never shrink, so this is the peak. */
  readonly tableElements: number
  /** The deepest that the guest's stack was, bytes as `Limits.stackBytes` counts them. */
  readonly stackBytes: number
  readonly hostCalls: number
  /** Host calls by the name of the function, those that were made alone; their sum is `hostCalls`. */
  readonly callsByName: Readonly<Record<string, number>>
  readonly messagesSent: number
  readonly logBytes: number
  /** What it charged by `charge_cost`. */
  readonly cost: number
}

/** How one call of a guest ended. With an error the guest is gone: every later call ends with the same error. */
export interface Outcome {
  /** What the guest answered; 0 is success. */
  readonly status: number
  readonly error: CaxtonError | null
  /** The program of the guest came to its end, as it should: every later call ends with ERR_GUEST_ENDED. @default false */
  readonly hasEnded?: boolean
  readonly usage: Usage
  /** What it has changed of what its agent keeps; null where nothing is kept, as after every failure. */
  readonly effects: Effects | null
}

/** One line that an agent logged, or that it wrote to standard output or error. */
export interface LogLine {
  readonly level: LogLevel
  readonly text: string
}

export type OutputStream = 'stdout' | 'stderr'

/** A message that another agent handed over in the thread of its receiver, until its handling has ended. */
export interface LocalCall {
  settle(outcome: Outcome): void
  /** Its room and the place of its sender, which the thread held, are to be given back by the main thread from now on. */
  adopt(): void
}

/** What a guest asked of the host while it ran. Called in the order in which it asked, before the call's outcome is known. */
export interface SandboxEvents {
  /**
   * A message was accepted: a place in the receiver's mailbox is reserved if `reserved`, and the sender has been told OK. `cause` is
   * the message during whose handling it was sent; null when that was the start.
   */
  onSend(message: Message, reserved: boolean, cause?: Message | null): void
  /**
   * It sent a message to another agent of its thread, which that one has got already: its `onLocal` is called next. False:
   * that one is gone meanwhile, and nobody handles the message.
   */
  onLocalSend?(message: Message, isTaken: boolean, cause: Message | null): void
  /**
   * It got a message from another agent of its thread, which sent it while handling `cause`. Room of that many bytes and a place of the
   * sender are held by the thread.
   */
  onLocal?(message: Message, bytes: number, cause: Message | null): LocalCall
  onLog(line: LogLine): void
  /** A guest behind the `command` door wrote to standard output or error. Behind every other door lines go to the log. */
  onOutput?(stream: OutputStream, bytes: Uint8Array): void
  /** It offers a capability; `cause` is the message that it handles meanwhile. */
  onRegister(capability: string, cause: Message | null): void
  /** The host refused something: a forged sender, a missing grant, a full mailbox. At most a few are reported for one message. */
  onRefuse(refusal: ErrorData): void
  /**
   * The guest waits for something that is done outside of its thread. Where nobody listens it is told DENIED.
   */
  readonly onAsk?: AskHandler
  /**
   * The thread of the agent was lost while another agent ran in it: this one was instantiated and started again in another
   * thread, without what it had in memory. Its calls that had not ended stay in order; one that had begun, and was waiting for
   * its next slice or in a host call, begins again: what it had sent before is sent twice.
   */
  onRestart?(reason: CaxtonError): void
}

/** One agent's instance behind its walls. One call runs at a time; further calls wait in order. */
export interface Sandbox {
  /** Runs the guest's own initialisation. Must end well before anything is handled. */
  start(): Promise<Outcome>
  /** Hands one message over. May be called again before the first has ended. Never rejects. */
  handle(message: Message): Promise<Outcome>
  /** Lets agents of its thread hand messages over, where that is possible: to an agent that is handed everything at once. */
  openLocal?(): void
  /** Ends that. Resolves when everything that was handed over has been told; null if nothing can have been. */
  shutLocal?(): Promise<void> | null
  /**
   * Copies the files in memory at a place once every call before has ended: nothing of the guest runs. Empty where there are none.
   *
   * @throws CaxtonError what the guest has ended with
   */
  exportFiles?(at: string): Promise<MemoryTree>
  /** Runs the handler of a timer, if it is still set under that number. Otherwise like `handle`. */
  fire(id: number, setting: number): Promise<Outcome>
  /**
   * Tells a program that reads messages that none comes any more, so that it can end by itself. Null for a guest that has nothing to end.
   */
  readonly finish: (() => Promise<Outcome>) | null
  /** Frees the instance. Calls that have not ended yet end with ERR_SANDBOX_CLOSED. Idempotent. */
  close(): Promise<void>
}
