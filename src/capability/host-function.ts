import type { GrantName } from './grants.ts'

export type ValueType = 'i32' | 'i64' | 'f32' | 'f64'

export interface Parameter {
  readonly name: string
  readonly type: ValueType
}

/** A host function bound to one agent. i64 arrives and leaves as bigint. */
export type HostCall = (...args: never[]) => number | bigint | undefined

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
