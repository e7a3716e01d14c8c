import type { HostModule } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { ERRNO } from './errno.ts'

/** WASI preview 1: what a guest imports from module `wasi_snapshot_preview1`. */
export const WASI_PREVIEW1: HostModule<WasiHost> = {
  name: 'wasi_snapshot_preview1',
  fault: ERRNO.FAULT,
  functions: [],
}
