import type { Answer, Ask, Grants } from '../capability/index.ts'
import type { DoorName, ErrorData, Limits, Message, Scheduling, Script } from '../core/index.ts'
import type { Mount, TreePart } from '../wasi/index.ts'
import type { FunctionImport } from './imports.ts'
import type { Effects, Kept } from './kept/kept.ts'
import type { Slot } from './mailbox-table.ts'
import type { Held } from './report.ts'
import type { LogLine, OutputStream, Usage } from './sandbox.ts'
import type { PartMessage, SharedSpec } from './shared-spec.ts'

/** What a worker thread is started with. */
export interface WorkerParts {
  readonly heartbeat: SharedArrayBuffer
  readonly mailboxes: SharedArrayBuffer
  readonly slots: readonly (readonly [string, Slot])[]
  /** Tells message ids of this run from those of others. */
  readonly run: string
  /** Fuel that a guest gets at a time. */
  readonly sliceFuel: number
  /** What the only guest of the thread may keep on its heap, bytes; null where guests keep nothing there. */
  readonly heapBytes: number | null
}

/** A guest to be instantiated. `agent` is the number of this placement: an agent that is placed again has another. */
export interface GuestSpec {
  readonly agent: number
  readonly name: string
  readonly door: DoorName
  readonly script: Script | null
  readonly grants: Grants
  readonly limits: Limits
  readonly config: Readonly<Record<string, string>>
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** `asked`: what the main thread answers when the guest wants it. */
  readonly stdin: Uint8Array | 'asked'
  readonly mounts: readonly Mount[]
  readonly module: WebAssembly.Module
  readonly imports: readonly FunctionImport[]
  readonly names: GuestNames
  /** Elements of all tables of a new instance. */
  readonly tableElements: number
  /** What its initialisation costs: part of the budget of the start. */
  readonly instantiationFuel: number
  readonly scheduling: Scheduling
  /** Nothing that the agent sends is handed over inside the thread. */
  readonly holdsSends: boolean
  /** What the agent keeps from message to message. */
  readonly kept: Kept
}

/** Exports that instrumentation has added to the module. */
export interface GuestNames {
  readonly fuel: string
  readonly refusedPages: string
  readonly slice: string
  readonly stack: string
  readonly stackFloor: string
  readonly tableGrowth: string
  readonly start?: string
  readonly memories?: readonly string[]
}

/** A message for a guest. */
export interface HandleCall {
  readonly kind: 'handle'
  /** Its fields but the content as JSON text. */
  readonly header: string
  readonly content: string | undefined
  readonly sender: string
  /** Its conversation, where no protocol is followed in it; else empty. */
  readonly conversation: string
  /** Messages inside the thread that caused each other, up to this one. */
  readonly hops: number
}

export type GuestCall =
  | { readonly kind: 'create'; readonly spec: GuestSpec }
  | { readonly kind: 'start' }
  | HandleCall
  /** Copies the files in memory at a place; runs nothing of the guest. */
  | { readonly kind: 'export'; readonly at: string }
  | { readonly kind: 'timer'; readonly id: number; readonly setting: number }
  /** No message comes any more: lets a program that reads them end by itself. */
  | { readonly kind: 'finish' }

/** A call as it crosses: what agents have alike is sent once. */
export type SentCall =
  | Exclude<GuestCall, { readonly kind: 'create' }>
  | { readonly kind: 'create'; readonly spec: SharedSpec }

/** Main to worker. The calls of one agent run in order; each is answered by exactly one outcome with its number, from 1 on. */
export type ToWorker<Call = SentCall> =
  | { readonly type: 'call'; readonly agent: number; readonly id: number; readonly call: Call }
  | PartMessage
  | { readonly type: 'close'; readonly agent: number }
  | { readonly type: 'mailbox'; readonly name: string; readonly slot: Slot | null }
  /** Whether agents of the thread may hand messages over to this one, see `LocalMail`. The end of it is answered by `shut`. */
  | { readonly type: 'local'; readonly agent: number; readonly isOpen: boolean }
  /** What the worker told up to this mark has taken effect: the calls that follow from it were sent before. */
  | { readonly type: 'settled'; readonly mark: number }
  /** What the guest has asked for is answered. */
  | { readonly type: 'answer'; readonly agent: number; readonly id: number; readonly answer: Answer }
  /** The running call was terminated, for this reason. */
  | { readonly type: 'killed'; readonly reason: ErrorData }

/** A place in the code of a rewritten module. */
export interface Frame {
  readonly functionIndex: number
  readonly offset: number
}

/** How a guest ended. Frames go from the innermost out. */
export interface Ending {
  readonly reason: ErrorData
  readonly frames: readonly Frame[]
}

/** What a guest asked for while it ran, in order. */
export type GuestEvent =
  /**
   * `cause` is the number of the call that sent it. `held` is the journal of the reservation, for a message whose sender is
   * gone when it arrives. A `mark` other than 0 wants a `settled`.
   */
  | {
      readonly type: 'send'
      readonly cause: number
      readonly message: Message
      readonly reserved: boolean
      readonly held: Held | null
      readonly mark: number
    }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'output'; readonly stream: OutputStream; readonly bytes: Uint8Array }
  /** `cause` is the number of the call in which it was said. */
  | { readonly type: 'register'; readonly capability: string; readonly cause: number }
  /** One of the files that are copied, in the order in which they are put together again. */
  | { readonly type: 'exported'; readonly part: TreePart }
  | { readonly type: 'refuse'; readonly refusal: ErrorData }
  /** The guest waits for an answer, until its call ends; `cause` is the number of that. */
  | { readonly type: 'ask'; readonly ask: Ask; readonly cause: number }

/** Worker to main. */
export type FromWorker =
  | { readonly type: 'event'; readonly agent: number; readonly event: GuestEvent }
  /** The agent sent a message that was handed over to another one of the thread, as a call of that with a number below 0. */
  | {
      readonly type: 'local'
      readonly agent: number
      /** Number of the call that sent it. */
      readonly cause: number
      readonly receiver: number
      readonly id: number
      readonly message: Message
      readonly bytes: number
    }
  | {
      readonly type: 'outcome'
      readonly agent: number
      readonly id: number
      readonly status: number
      readonly ending: Ending | null
      readonly usage: Usage
      /** Null where nothing is kept, as after every failure. */
      readonly effects: Effects | null
    }
  /** The guest is gone and will not run again. */
  | { readonly type: 'closed'; readonly agent: number }
  /** Nothing more is handed over to the agent inside the thread. */
  | { readonly type: 'shut'; readonly agent: number }
  /** A `killed` has come: what ran before does not run any more. */
  | { readonly type: 'unwound' }
  /** Asks for a `settled`. */
  | { readonly type: 'mark'; readonly mark: number }
