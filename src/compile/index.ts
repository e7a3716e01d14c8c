/** Original bytes to modules that any thread can instantiate: digest, instrumentation, compilation, cache. */
export type { ModuleInfo } from '../wasm/index.ts'
export type { CompiledModule } from './compiled-module.ts'
export { digestBytes } from './digest.ts'
export type { CompileLimits, ModuleCacheOptions, ModuleCacheParts } from './module-cache.ts'
export { ModuleCache } from './module-cache.ts'
