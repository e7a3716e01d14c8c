import { DOORS, listHostModules } from './doors.ts'

/** Names of all host functions that a guest behind any door can import, each once, in the same order in all threads. */
export const HOST_FUNCTION_NAMES: readonly string[] = [
  ...new Set(
    Object.values(DOORS)
      .flatMap(listHostModules)
      .flatMap(({ functions }) => functions.map(({ name }) => name)),
  ),
]

const INDEXES: ReadonlyMap<string, number> = new Map(HOST_FUNCTION_NAMES.map((name, index) => [name, index]))

/** Returns the place of a host function in that list. */
export function hostFunctionIndex(name: string): number {
  return INDEXES.get(name)!
}
