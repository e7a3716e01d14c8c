import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import type { ClockName } from '../state/clock-source.ts'
import { define, i32, i64 } from './define.ts'
import { ERRNO } from './errno.ts'
import { CLOCK_ID } from './types.ts'

export const CLOCK_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'clock_res_get',
    [i32('id'), i32('resolution_out')],
    100,
    'Writes the step of a clock in nanoseconds. Without the grant `clock` it is the step of the fixed clock, 1000. ' +
      'Errno: INVAL for the clocks of CPU time, which are not offered, and for unknown ones; FAULT.',
    (host) => (id: number, out: number) => {
      const name = clockName(id)
      if (name === undefined) return ERRNO.INVAL
      host.memory.writeU64(out, host.clock.resolutionNanos(name))
      return ERRNO.SUCCESS
    },
  ),
  define(
    'clock_time_get',
    [i32('id'), i64('precision'), i32('time_out')],
    100,
    'Writes the time of a clock in nanoseconds. Without the grant `clock` it is the time of a fixed clock: real time starts at ' +
      '2000-01-01T00:00:00Z, monotonic time at 0, and each reading advances both by a microsecond. Errno: INVAL for the clocks ' +
      'of CPU time, which are not offered, and for unknown ones; FAULT.',
    (host) => (id: number, _precision: bigint, out: number) => {
      const name = clockName(id)
      if (name === undefined) return ERRNO.INVAL
      host.memory.writeU64(out, host.clock.nowNanos(name))
      return ERRNO.SUCCESS
    },
  ),
]

/** Returns the clock behind an id, undefined for one that is not offered. */
export function clockName(id: number): ClockName | undefined {
  if (id === CLOCK_ID.REALTIME) return 'realtime'
  if (id === CLOCK_ID.MONOTONIC) return 'monotonic'
  return undefined
}
