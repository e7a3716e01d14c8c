/** From a module to a safer one: fuel, caps, import policy, and the way back from new offsets to old ones. */
export { COST_BY_ROW, REFUSED } from './costs.ts'
export { instrumentModule } from './instrumentation.ts'
export { OffsetMap } from './offset-map.ts'
export type { InstrumentedModule, InstrumentRules, ReservedNames } from './rules.ts'
export { RESERVED_PREFIX } from './rules.ts'
