import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { define, i32 } from './define.ts'
import { ERRNO } from './errno.ts'
import { LAST_SIGNAL } from './types.ts'

export const PROC_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  {
    name: 'proc_exit',
    params: [i32('code')],
    result: null,
    grant: null,
    fuel: 100,
    summary: 'Ends the program with an exit code. Never returns.',
    bind: (host) => (code: number) => host.exit(code >>> 0),
  },
  define(
    'proc_raise',
    [i32('signal')],
    100,
    'Answers NOTSUP: a guest has no signals, and ends itself by `proc_exit` or a trap. Errno: INVAL for an unknown signal.',
    () => (signal: number) => (signal >>> 0 > LAST_SIGNAL ? ERRNO.INVAL : ERRNO.NOTSUP),
  ),
]
