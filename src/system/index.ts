/** What a user writes → validated data: system files, and the options of the library, which have the same shapes. */
export type { AgentInput, AgentOptions, Program } from './agent-options.ts'
export { parseAgentOptions } from './agent-options.ts'
export type { GrantsInput } from './grants.ts'
export { parseGrants } from './grants.ts'
export type { LimitSettings, LimitsInput } from './limits.ts'
export { parseLimits } from './limits.ts'
export type { Goal, System, SystemOverrides } from './system.ts'
export { loadSystem } from './system.ts'
