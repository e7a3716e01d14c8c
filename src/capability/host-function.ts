import type { GrantName } from './grants.ts'

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64'

export interface Parameter {
  readonly name: string
  readonly type: ValueType
}

/**
 * What a host call waits for: its answer comes in two steps, so that everything that touches the guest happens in a turn of the guest.
 *
 * It is not a promise. What goes on in microtasks may run in the turn of another guest, and is lost when that one is terminated.
 */
export interface Wait {
  /** What is answered where the guest cannot be suspended: frames of the host are among its own. */
  readonly refused: number
  /**
   * Whether the guest has nothing to do until its next message: the call ends here, and the guest goes on in the next one, without
   * `begin` and `wake`. Only behind a door whose session can hand a message to a guest that rests.
   *
   * @default false
   */
  readonly rests?: boolean
  /**
   * Begins to wait. The guest does not run until `wake` was called, which is ignored from the second time on.
   *
   * @returns what gives the wait up and frees what it holds; not called once `wake` was. Nothing that comes later is used
   */
  begin(wake: () => void): () => void
  /**
   * Called once after `wake`, in the next turn of the guest: answers like the host call itself, or waits for more. Only here memory may
   * be written and fuel charged.
   */
  finish(): number | Wait
}

/** A host function bound to one agent. i64 arrives and leaves as bigint. Only one that `waits` may answer a wait. */
export type HostCall = (...args: never[]) => number | bigint | undefined | Wait

/**
 * A function that the host offers to guests, as data: linking, docs, SDK headers and call traces are made from it.
 *
 * `Host` is what the function acts on: a local interface naming only what is used, one object per agent.
 */
export interface HostFunction<Host> {
  readonly name: string
  readonly params: readonly Parameter[]
  readonly result: ValueType | null
  /** A module that imports the function is refused unless the agent holds this grant; null needs none. */
  readonly grant: GrantName | null
  /** A grant that decides what the function answers, where it can be linked without it: what is not granted is closed or fixed. */
  readonly uses?: GrantName
  /** Fuel that one call costs, charged before it runs; what depends on a length is charged by the function itself. */
  readonly fuel: number
  /** What it does, what it answers, what it writes: one paragraph for the docs. */
  readonly summary: string
  /**
   * Whether a call may answer a `Wait`. A guest that imports such a function is called on a stack of its own, and its turn ends while it
   * waits; the time counts against the limit `waitMs`. The result must be an i32.
   *
   * @default false
   */
  readonly waits?: boolean
  bind(host: Host): HostCall
}

/** The functions under one import module name. */
export interface HostModule<Host> {
  /** The module name in the import section. */
  readonly name: string
  /** What a function answers when the guest passes a pointer outside its memory. */
  readonly fault: number
  readonly functions: readonly HostFunction<Host>[]
}
