import type { DoorName } from '../core/index.ts'
import { DOORS, listHostModules } from './doors/doors.ts'
import type { FunctionImport } from './imports.ts'
import { findFunction } from './imports.ts'

/**
 * How a guest gets the fuel of a call: all of it at once; in slices between which others run, as one that may wait in a host call does
 * whatever its budget; or in slices that it gets without waiting, because its door makes no steps.
 */
export type Pace = 'whole' | 'sliced' | 'granted'

export interface Paced {
  readonly pace: Pace
  /** Its whole budget for a call fits into a slice. */
  readonly isWhole: boolean
  /** It imports a host call that may wait, and can be suspended in it. */
  readonly mayWait: boolean
}

/** Tells how a guest runs, from what it is made of. */
export function paceOf(door: DoorName, imports: readonly FunctionImport[], fuel: number, sliceFuel: number): Paced {
  const isWhole = fuel <= sliceFuel
  const isSliced = DOORS[door].isSliced === true
  const modules = listHostModules(DOORS[door])
  const mayWait = isSliced && imports.some((wanted) => findFunction(wanted, modules)?.waits === true)
  return { pace: isWhole && !mayWait ? 'whole' : isSliced ? 'sliced' : 'granted', isWhole, mayWait }
}
