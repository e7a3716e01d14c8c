import type { GuestMemory } from './guest-memory.ts'
import type { HostFunction, Parameter } from './host-function.ts'
import type { Status } from './status.ts'
import { STATUS } from './status.ts'

/** What the functions for stored data act on. */
export interface StoreHost {
  readonly memory: GuestMemory
  chargeFuel(fuel: number): void
  /** Stores a copy of the value. */
  storeData(key: string, value: Uint8Array): Status
  loadData(key: string): Uint8Array | undefined
  deleteData(key: string): Status
  /** Lists the keys that begin with a prefix, in order. Charges for each key there is. */
  listData(prefix: string): readonly string[]
}

/** Longest key, bytes. */
export const DATA_KEY_BYTES = 256
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads a key of stored data: UTF-8 of 1 to 256 bytes without a zero byte. Returns what the guest is answered when it is none. */
export function readDataKey(bytes: Uint8Array): string | Status {
  if (bytes.length > DATA_KEY_BYTES) return STATUS.TOO_LARGE
  if (bytes.length === 0) return STATUS.INVALID
  return readPrefix(bytes)
}

/** Like `readDataKey`; may be empty. */
export function readPrefix(bytes: Uint8Array): string | Status {
  if (bytes.length > DATA_KEY_BYTES) return STATUS.TOO_LARGE
  if (bytes.includes(0)) return STATUS.INVALID
  try {
    return UTF8.decode(bytes)
  } catch {
    return STATUS.INVALID
  }
}

const i32 = (name: string): Parameter => ({ name, type: 'i32' })
const KEY = [i32('key_ptr'), i32('key_len')]
const OUT = [i32('out_ptr'), i32('out_capacity')]

export const STORE_FUNCTIONS: readonly HostFunction<StoreHost>[] = [
  {
    name: 'store_data',
    params: [...KEY, i32('value_ptr'), i32('value_len')],
    result: 'i32',
    grant: 'store',
    fuel: 1_000,
    summary:
      'Stores bytes under a key (UTF-8, 1 to 256 bytes, no zero byte), in place of what was there. What one message stores is kept ' +
      'when its handling succeeds and is gone when it fails. Answers OK, INVALID or TOO_LARGE for a key that is none, LIMIT when the ' +
      'bytes or keys of the grant are used up.',
    bind: (host) => (keyPointer: number, keyLength: number, pointer: number, length: number) => {
      const key = readDataKey(host.memory.range(keyPointer, keyLength))
      if (typeof key === 'number') return key
      host.chargeFuel(length >>> 0)
      return host.storeData(key, host.memory.range(pointer, length))
    },
  },
  {
    name: 'load_data',
    params: [...KEY, ...OUT],
    result: 'i32',
    grant: 'store',
    fuel: 500,
    summary:
      'Writes what is stored under a key to `out_ptr` and answers its length. When the length is greater than `out_capacity`, nothing ' +
      'is written: call again with enough room. NOT_FOUND when nothing is stored there.',
    bind: (host) => (keyPointer: number, keyLength: number, outPointer: number, outCapacity: number) => {
      const key = readDataKey(host.memory.range(keyPointer, keyLength))
      if (typeof key === 'number') return key
      const value = host.loadData(key)
      return value === undefined ? STATUS.NOT_FOUND : writeOut(host, value, outPointer, outCapacity)
    },
  },
  {
    name: 'delete_data',
    params: KEY,
    result: 'i32',
    grant: 'store',
    fuel: 500,
    summary: 'Drops what is stored under a key. Answers OK, NOT_FOUND when nothing is stored there.',
    bind: (host) => (keyPointer: number, keyLength: number) => {
      const key = readDataKey(host.memory.range(keyPointer, keyLength))
      return typeof key === 'number' ? key : host.deleteData(key)
    },
  },
  {
    name: 'list_data',
    params: [i32('prefix_ptr'), i32('prefix_len'), ...OUT],
    result: 'i32',
    grant: 'store',
    fuel: 1_000,
    summary:
      'Writes the keys that begin with a prefix to `out_ptr`, in order, each with a zero byte behind it, and answers their length in all, ' +
      '0 when there are none. When the length is greater than `out_capacity`, nothing is written: call again with enough room.',
    bind: (host) => (prefixPointer: number, prefixLength: number, outPointer: number, outCapacity: number) => {
      const prefix = readPrefix(host.memory.range(prefixPointer, prefixLength))
      if (typeof prefix === 'number') return prefix
      const keys = host.listData(prefix)
      return writeOut(host, ENCODER.encode(keys.map((key) => `${key}\0`).join('')), outPointer, outCapacity)
    },
  },
]

const ENCODER = new TextEncoder()

function writeOut(host: StoreHost, bytes: Uint8Array, pointer: number, capacity: number): number {
  if (bytes.length > capacity >>> 0) return bytes.length
  host.chargeFuel(bytes.length)
  host.memory.write(pointer, bytes)
  return bytes.length
}
