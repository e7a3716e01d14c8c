import type { Usage } from './sandbox.ts'

/** What a call used that never ran. */
export const NO_USAGE: Usage = Object.freeze({
  fuel: 0,
  cpuMs: 0,
  wallMs: 0,
  memoryBytes: 0,
  tableElements: 0,
  stackBytes: 0,
  hostCalls: 0,
  callsByName: Object.freeze({}),
  messagesSent: 0,
  logBytes: 0,
  cost: 0,
})
