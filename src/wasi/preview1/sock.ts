import type { HostFunction } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'
import { define, i32 } from './define.ts'
import type { Errno } from './errno.ts'
import { ERRNO } from './errno.ts'

const NO_SOCKETS =
  'Errno: BADF for a descriptor that is not open, NOTSOCK for every other one: no agent holds a socket.'

export const SOCK_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'sock_accept',
    [i32('fd'), i32('flags'), i32('fd_out')],
    100,
    `Accepts a connection. ${NO_SOCKETS}`,
    (host) => (fd: number) => refuseSocket(host, fd),
  ),
  define(
    'sock_recv',
    [i32('fd'), i32('ri_data'), i32('ri_data_len'), i32('ri_flags'), i32('ro_data_len_out'), i32('ro_flags_out')],
    100,
    `Receives from a socket. ${NO_SOCKETS}`,
    (host) => (fd: number) => refuseSocket(host, fd),
  ),
  define(
    'sock_send',
    [i32('fd'), i32('si_data'), i32('si_data_len'), i32('si_flags'), i32('so_data_len_out')],
    100,
    `Sends through a socket. ${NO_SOCKETS}`,
    (host) => (fd: number) => refuseSocket(host, fd),
  ),
  define(
    'sock_shutdown',
    [i32('fd'), i32('how')],
    100,
    `Shuts a socket down. ${NO_SOCKETS}`,
    (host) => (fd: number) => refuseSocket(host, fd),
  ),
]

/** Says why a descriptor cannot be used as a socket. */
function refuseSocket(host: WasiHost, fd: number): Errno {
  return host.descriptors.get(fd >>> 0) === undefined ? ERRNO.BADF : ERRNO.NOTSOCK
}
