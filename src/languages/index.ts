/** Making guests: compiling sources, wrapping scripts, taking ready modules. */

export type { BuildOptions } from './build.ts'
export { buildSource } from './build.ts'
export { defaultCacheDirectory } from './build-cache.ts'
export { findDoor, toGuest } from './module/module.ts'
export { LANGUAGES } from './table.ts'
