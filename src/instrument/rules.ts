import type { ModuleInfo } from '../wasm/index.ts'
import type { OffsetMap } from './offset-map.ts'

/** What a rewritten module is held to. */
export interface InstrumentRules {
  /**
   * Linear memory, bytes, summed over the memories of the module; rounded down to pages of 64 KiB. An array on the heap
   * of the engine is no larger than that either.
   */
  readonly memoryMaxBytes: number
  /** Elements, summed over the tables of the module. */
  readonly tableMaxElements: number
}

/** Exports begin with this where the runtime put them in; a module may have none of its own. */
export const RESERVED_PREFIX = 'caxton:'

/** Names of the exports that were put in. */
export interface ReservedNames {
  /**
   * Mutable i64 global: fuel left. It is 0 in a new instance, so nothing of the guest runs before the host sets it.
   * Negative after fuel ran out: by how much the next block was too expensive.
   */
  readonly fuel: string
  /**
   * Mutable i64 global: pages asked for by the last `memory.grow` that failed for the cap, or by an array that was refused;
   * 0 if none was.
   */
  readonly refusedPages: string
  /**
   * Mutable global of type `(ref null (func (param i64) (result i64)))`: what the guest calls when its counter became
   * negative, see `createSliceHook`. It is null in a new instance, and then the guest traps instead. It is null while
   * the hook runs, and stays null if the hook throws.
   */
  readonly slice: string
  /**
   * Mutable i32 global: bytes of stack left, see `frame-size.ts`. It is 0 in a new instance. The host sets it before each
   * call of an export, to the same value each time: what a call leaves in it means nothing, unless it is negative. A host
   * function that calls an export leaves it as it is before the first call, and sets it to that before the next.
   * Negative after a function that did not fit was called: it trapped before it did anything.
   */
  readonly stack: string
  /**
   * Mutable i32 global: the lowest that `stack` has been since the host set this one, to the stack of a call, before it. At 0, as
   * in a new instance, it stays there. A function that fits into the reserve is not seen, see `frame-size.ts`.
   */
  readonly stackFloor: string
  /** Mutable i32 global: elements by which tables were grown; never less than that, a growth the engine refused included. */
  readonly tableGrowth: string
  /**
   * The module's start function, where it has one. The engine does not call it: the host sets the fuel, then calls it
   * once, before any other export.
   */
  readonly start?: string
  /** Memories that the module does not export as `memory`; absent where there are none. */
  readonly memories?: readonly string[]
}

/** A module that pays for what it does and keeps to its caps. */
export interface InstrumentedModule {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The module as it was before. */
  readonly info: ModuleInfo
  readonly offsetMap: OffsetMap
  readonly names: ReservedNames
  /** Fuel for what the engine does when it makes an instance: the first call of one has to pay it. */
  readonly instantiationFuel: number
}
