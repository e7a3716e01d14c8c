import type { HostFunction, Wait } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { defineWaiting } from './define.ts'
import { ERRNO } from './errno.ts'

/** Ends at once: the guest goes on when its turn comes again. */
const NEXT_TURN: Wait = {
  refused: ERRNO.SUCCESS,
  begin: (wake) => {
    wake()
    return () => {}
  },
  finish: () => ERRNO.SUCCESS,
}

export const SCHED_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  defineWaiting(
    'sched_yield',
    [],
    1_000,
    'Ends the turn of the guest: others of its thread run before it goes on.',
    () => () => NEXT_TURN,
  ),
]
