import type { HostFunction } from './host-function.ts'
import type { Status } from './status.ts'

/** What the functions for timers act on. */
export interface TimerHost {
  setTimer(id: number, delayMs: bigint): Status
  cancelTimer(id: number): Status
}

export const TIMER_FUNCTIONS: readonly HostFunction<TimerHost>[] = [
  {
    name: 'set_timer',
    params: [
      { name: 'id', type: 'i32' },
      { name: 'delay_ms', type: 'i64' },
    ],
    result: 'i32',
    grant: 'timers',
    fuel: 1_000,
    summary:
      'Has `handle_timer(id)` called once, that many milliseconds after this message is handled, at least 10; in place of a timer with ' +
      'the same id. A timer that one message sets is set when its handling succeeds. It survives a restart of the system; one that is ' +
      'late then fires at once. Answers OK, INVALID for a delay below 0 or above ten years, LIMIT when too many are set.',
    bind: (host) => (id: number, delayMs: bigint) => host.setTimer(id | 0, delayMs),
  },
  {
    name: 'cancel_timer',
    params: [{ name: 'id', type: 'i32' }],
    result: 'i32',
    grant: 'timers',
    fuel: 500,
    summary:
      'Cancels a timer: `handle_timer` is not called for it any more. Answers OK, NOT_FOUND when there is none with this id.',
    bind: (host) => (id: number) => host.cancelTimer(id | 0),
  },
]
