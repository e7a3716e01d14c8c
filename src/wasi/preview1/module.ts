import type { HostFunction, HostModule } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { ARGS_ENVIRON_FUNCTIONS } from './args-environ.ts'
import { CLOCK_FUNCTIONS } from './clock.ts'
import { ERRNO } from './errno.ts'
import { FD_FUNCTIONS } from './fd.ts'
import { FD_DIRECTORY_FUNCTIONS } from './fd-directory.ts'
import { FD_FILE_FUNCTIONS } from './fd-file.ts'
import { FD_IO_FUNCTIONS } from './fd-io.ts'
import { PATH_FUNCTIONS } from './path.ts'
import { PATH_OPEN_FUNCTIONS } from './path-open.ts'
import { POLL_FUNCTIONS } from './poll.ts'
import { PROC_FUNCTIONS } from './proc.ts'
import { RANDOM_FUNCTIONS } from './random.ts'
import { SCHED_FUNCTIONS } from './sched.ts'
import { SOCK_FUNCTIONS } from './sock.ts'
import { USED_GRANTS } from './used-grants.ts'

/** WASI preview 1: what a guest imports from module `wasi_snapshot_preview1`. */
export const WASI_PREVIEW1: HostModule<WasiHost> = {
  name: 'wasi_snapshot_preview1',
  fault: ERRNO.FAULT,
  functions: [
    ...ARGS_ENVIRON_FUNCTIONS,
    ...CLOCK_FUNCTIONS,
    ...FD_FUNCTIONS,
    ...FD_IO_FUNCTIONS,
    ...FD_FILE_FUNCTIONS,
    ...FD_DIRECTORY_FUNCTIONS,
    ...PATH_FUNCTIONS,
    ...PATH_OPEN_FUNCTIONS,
    ...POLL_FUNCTIONS,
    ...PROC_FUNCTIONS,
    ...RANDOM_FUNCTIONS,
    ...SCHED_FUNCTIONS,
    ...SOCK_FUNCTIONS,
  ].map(withUsedGrant),
}

function withUsedGrant(offered: HostFunction<WasiHost>): HostFunction<WasiHost> {
  const uses = USED_GRANTS.get(offered.name)
  return uses === undefined ? offered : { ...offered, uses }
}
