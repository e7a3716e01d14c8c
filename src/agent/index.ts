/** Life of one agent: state machine, mailbox, counters. */
export type { LogLine, Outcome, Sandbox, SandboxEvents, Usage } from '../sandbox/index.ts'
export * from './agent.ts'
export * from './deadline.ts'
export type { AgentInfo } from './info.ts'
export type { RefusalCounts } from './refusals.ts'
export * from './state.ts'
