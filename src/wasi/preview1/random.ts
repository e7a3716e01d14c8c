import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { define, i32 } from './define.ts'
import { ERRNO } from './errno.ts'

export const RANDOM_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'random_get',
    [i32('buf'), i32('buf_len')],
    200,
    'Fills `buf` with random bytes from the granted source. Without the grant `random` the bytes are the same at every run ' +
      '(xoshiro128** from seed 0) and keep no secret. Errno: FAULT.',
    (host) => (buffer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      host.random.fill(host.memory.range(buffer, length))
      return ERRNO.SUCCESS
    },
  ),
]
