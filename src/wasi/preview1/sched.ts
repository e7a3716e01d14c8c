import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { define } from './define.ts'
import { ERRNO } from './errno.ts'

export const SCHED_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'sched_yield',
    [],
    100,
    'Does nothing: a guest has one thread, and the runtime itself shares time among agents.',
    () => () => ERRNO.SUCCESS,
  ),
]
