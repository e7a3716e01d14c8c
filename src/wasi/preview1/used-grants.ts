import type { GrantName } from '../../capability/index.ts'

/** The grant behind each function of WASI that answers less without it: nothing, a fixed clock, the same numbers each time. */
export const USED_GRANTS: ReadonlyMap<string, GrantName> = new Map<string, GrantName>([
  ['clock_res_get', 'clock'],
  ['clock_time_get', 'clock'],
  ['poll_oneoff', 'clock'],
  ['random_get', 'random'],
  ['fd_write', 'log'],
])
