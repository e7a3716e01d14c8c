import type { HostFunction } from '../../capability/index.ts'
import { encodeText } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import type { WasiHost } from '../host.ts'
import { define, i32 } from './define.ts'
import { ERRNO } from './errno.ts'

export const ARGS_ENVIRON_FUNCTIONS: readonly HostFunction<WasiHost>[] = [
  define(
    'args_get',
    [i32('argv'), i32('argv_buf')],
    100,
    'Writes the arguments, each ended by a zero byte, to `argv_buf` and the address of each to `argv`. Errno: FAULT.',
    (host) => createStringsGet(host, encodeArgs(host)),
  ),
  define(
    'args_sizes_get',
    [i32('argc_out'), i32('argv_buf_size_out')],
    100,
    'Writes how many arguments there are and how many bytes they take, zero bytes included. Errno: FAULT.',
    (host) => createSizesGet(host, encodeArgs(host)),
  ),
  define(
    'environ_get',
    [i32('environ'), i32('environ_buf')],
    100,
    'Writes the environment as `KEY=value`, each ended by a zero byte, to `environ_buf` and the address of each to `environ`. ' +
      'Errno: FAULT.',
    (host) => createStringsGet(host, encodeEnvironment(host)),
  ),
  define(
    'environ_sizes_get',
    [i32('environ_count_out'), i32('environ_buf_size_out')],
    100,
    'Writes how many variables the environment has and how many bytes they take, zero bytes included. Errno: FAULT.',
    (host) => createSizesGet(host, encodeEnvironment(host)),
  ),
]

/** Strings as they lie in guest memory: one after the other, each ended by a zero byte. */
interface StringBlock {
  readonly bytes: Uint8Array
  /** Where each string starts. */
  readonly offsets: readonly number[]
}

function encodeArgs(host: WasiHost): StringBlock {
  for (const arg of host.args) if (arg.includes('\0')) throw invalid('an argument contains a zero character')
  return encodeStrings(host.args)
}

function encodeEnvironment(host: WasiHost): StringBlock {
  const entries = Object.entries(host.env)
  for (const [key, value] of entries) {
    if (key === '' || key.includes('='))
      throw invalid(`environment variable name ${JSON.stringify(key)} is empty or has "="`)
    if (key.includes('\0') || value.includes('\0')) throw invalid('the environment contains a zero character')
  }
  return encodeStrings(entries.map(([key, value]) => `${key}=${value}`))
}

function encodeStrings(strings: readonly string[]): StringBlock {
  const bytes = encodeText(strings.map((string) => `${string}\0`).join(''))
  const offsets: number[] = []
  let next = 0
  for (let count = 0; count < strings.length; count += 1) {
    offsets.push(next)
    next = bytes.indexOf(0, next) + 1
  }
  return { bytes, offsets }
}

function createSizesGet(host: WasiHost, { bytes, offsets }: StringBlock) {
  return (countOut: number, sizeOut: number): number => {
    const { memory } = host
    memory.range(countOut, 4)
    memory.range(sizeOut, 4)
    memory.writeU32(countOut, offsets.length)
    memory.writeU32(sizeOut, bytes.length)
    return ERRNO.SUCCESS
  }
}

function createStringsGet(host: WasiHost, { bytes, offsets }: StringBlock) {
  return (addresses: number, buffer: number): number => {
    const { memory } = host
    host.chargeFuel(4 * offsets.length + bytes.length)
    memory.range(addresses, 4 * offsets.length)
    memory.write(buffer, bytes)
    for (const [index, offset] of offsets.entries()) memory.writeU32(addresses + 4 * index, buffer + offset)
    return ERRNO.SUCCESS
  }
}

function invalid(detail: string): CaxtonError {
  return new CaxtonError('ERR_CONFIG_INVALID', { detail })
}
