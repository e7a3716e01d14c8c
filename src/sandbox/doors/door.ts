import type { CaxtonHost, Grants, GuestMemory, HostModule, ValueType, Wait } from '../../capability/index.ts'
import type { DoorName, ErrorData, Limits, Script } from '../../core/index.ts'
import type { ByteSink, ByteSource } from '../../wasi/index.ts'

/** An export that a door looks at. One that is not required must have this type all the same if it is there. */
export type DoorExport =
  | { readonly name: string; readonly kind: 'memory'; readonly required: boolean }
  | {
      readonly name: string
      readonly kind: 'function'
      readonly required: boolean
      readonly params: readonly ValueType[]
      readonly results: readonly ValueType[]
    }

/** A function that the guest exports. Whatever it throws must be let through: it may be the end of the guest. */
export type GuestFunction = (...args: (number | bigint)[]) => number | bigint | undefined

/** What a door works with: one object per agent, made before the instance exists. */
export interface DoorParts {
  /** Name of the agent. */
  readonly name: string
  /** The exported memory named `memory`; empty until the instance exists and for a module that exports none. */
  readonly memory: GuestMemory
  /** What a guest may ask of the host: the same object that the imports of module `caxton` act on. */
  readonly host: CaxtonHost
  /** What runs behind the `javascript` door, else null. */
  readonly script: Script | null
  /** For a door whose guests reach the functions of `host` by other ways than imports, which are checked when linked. */
  readonly grants: Grants
  readonly limits: Limits
  /** Returns an exported function, undefined if there is none. Finds nothing before the instance exists. */
  function(name: string): GuestFunction | undefined
  /** Counts a host call of the guest that went through the function `by` under the name of what it was for. */
  countAs(name: string, by: string): void
  /**
   * Ends the guest for a reason, from inside or outside of a host call: the running call has this error as its outcome.
   * Nothing in the guest can catch it.
   */
  end(reason: ErrorData): never
  /** Ends the guest with an exit code, as `proc_exit` does. */
  exit(code: number): never
  /** Returns the code with which the guest has called `proc_exit`, null if it has not. */
  exitCode(): number | null
}

/** A function that the guest exports, which a session wants called next, and with what. */
export interface FunctionStep {
  readonly name: string
  readonly args: readonly (number | bigint)[]
}

/** What a session waits for before it goes on: answered by what the wait answers. Nothing of the guest is on a stack then. */
export interface WaitStep {
  readonly wait: Wait
}

export type GuestStep = FunctionStep | WaitStep

/** Functions to be called one after the other: `yield` answers what each returned, or throws what it threw. */
export type GuestSteps = Generator<GuestStep, number, number | bigint | undefined>

/**
 * One agent behind its door. Both calls answer the status of the guest, 0 is success: at once, or after the steps that are
 * still to be made.
 */
export interface DoorSession {
  /** Runs the guest's own initialisation, once, before the first message. */
  start(): number | GuestSteps
  /** Hands over one message, its JSON text in UTF-8. */
  handle(message: Uint8Array): number | GuestSteps
  /** Runs the handler of a timer that is due. */
  timer(id: number): number | GuestSteps
  /**
   * For a guest that rests in the middle of a step: hands over one message, or null for the end of all messages. The guest goes on where
   * it was; nothing else is called for that message.
   */
  wake?(message: Uint8Array | null): void
  /** Standard input of the guest. @default what the agent was given, or nothing */
  readonly stdin?: ByteSource
  /** Standard output of the guest. @default the log of the agent, or what the door of a command does with it */
  readonly stdout?: ByteSink
  /** For a door whose `handle` makes these steps and no other; see `Driver`. @default null */
  readonly direct?: DirectHandling | null
}

/** A message that is handed over by two functions of the guest: one answers where to, the other gets it and answers the status. */
export interface DirectHandling {
  /** (length: i32) → i32 */
  readonly allocate: string
  /** (pointer: i32, length: i32) → i32 */
  readonly handle: string
  /** Returns where the guest has made room for so many bytes. Ends the guest if that is nowhere. */
  place(pointer: number, length: number): number
}

/**
 * A way in which a module can be an agent.
 *
 * `open` is called before the module is instantiated, because the door's own host functions act on the session;
 * the guest first runs in `start`.
 */
export interface Door<Session extends DoorSession = DoorSession> {
  readonly name: DoorName
  /** Exports that are checked before anything starts. */
  readonly exports: readonly DoorExport[]
  /** Host functions that this door offers besides those of every door (`caxton`, WASI); they act on the session. */
  readonly modules: readonly HostModule<Session>[]
  /**
   * Whether a guest may be suspended in the middle of a step, so that others in its thread run meanwhile: no frame of JavaScript is
   * on its stack then. What a session calls by `DoorParts.function`, between steps or out of a host call, keeps the thread until
   * it ends: such calls must be short.
   *
   * @default false: a call keeps its thread until it ends
   */
  readonly isSliced?: boolean
  /**
   * Whether a session may wait between two steps. Its functions are called on the stack of the thread all the same.
   *
   * @default false
   */
  readonly waitsBetween?: boolean
  open(parts: DoorParts): Session
}
