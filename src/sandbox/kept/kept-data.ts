import type { StoreGrant } from '../../capability/index.ts'

/** Why a value was not stored: which bound is reached. */
export type StoreProblem = { readonly bound: 'bytes' | 'keys'; readonly limit: number; readonly asked: number }

/** Bytes that an entry takes of its agent's grant. */
export function entryBytes(key: string, value: Uint8Array): number {
  return Buffer.byteLength(key) + value.length
}

/**
 * What an agent has stored, and what the call that runs has changed of it.
 *
 * A change is seen by the call at once. It stays only if the call ends with `take`; `drop` undoes all of them.
 */
export class KeptData {
  readonly #grant: StoreGrant
  readonly #kept: Map<string, Uint8Array>
  #changes = new Map<string, Uint8Array | null>()
  /** Of what is kept with the changes. */
  #bytes = 0
  #keys = 0
  #keptBytes = 0

  constructor(grant: StoreGrant, kept: ReadonlyMap<string, Uint8Array>) {
    this.#grant = grant
    this.#kept = new Map(kept)
    for (const [key, value] of kept) this.#keptBytes += entryBytes(key, value)
    this.drop()
  }

  load(key: string): Uint8Array | undefined {
    const changed = this.#changes.get(key)
    return changed === null ? undefined : (changed ?? this.#kept.get(key))
  }

  /** Stores a copy of a value. Returns null, or which bound it would pass: then nothing changes. */
  store(key: string, value: Uint8Array): StoreProblem | null {
    const before = this.load(key)
    const keys = this.#keys + (before === undefined ? 1 : 0)
    const bytes = this.#bytes + entryBytes(key, value) - (before === undefined ? 0 : entryBytes(key, before))
    if (keys > this.#grant.keys) return { bound: 'keys', limit: this.#grant.keys, asked: keys }
    if (bytes > this.#grant.bytes) return { bound: 'bytes', limit: this.#grant.bytes, asked: bytes }
    this.#changes.set(key, value.slice())
    this.#keys = keys
    this.#bytes = bytes
    return null
  }

  /** Drops a key; false when there is none. */
  delete(key: string): boolean {
    const before = this.load(key)
    if (before === undefined) return false
    if (this.#kept.has(key)) this.#changes.set(key, null)
    else this.#changes.delete(key)
    this.#keys -= 1
    this.#bytes -= entryBytes(key, before)
    return true
  }

  /** Lists the keys that begin with a prefix, in the order of their UTF-16 code units. */
  list(prefix: string): string[] {
    const keys: string[] = []
    for (const key of this.#kept.keys()) if (key.startsWith(prefix) && !this.#changes.has(key)) keys.push(key)
    for (const [key, value] of this.#changes) if (value !== null && key.startsWith(prefix)) keys.push(key)
    return keys.sort()
  }

  get keyCount(): number {
    return this.#keys
  }

  /** Keeps the changes and returns them. */
  take(): ReadonlyMap<string, Uint8Array | null> {
    const changes = this.#changes
    for (const [key, value] of changes) {
      if (value === null) this.#kept.delete(key)
      else this.#kept.set(key, value)
    }
    this.#changes = new Map()
    this.#keptBytes = this.#bytes
    return changes
  }

  /** Undoes the changes. */
  drop(): void {
    if (this.#changes.size > 0) this.#changes = new Map()
    this.#bytes = this.#keptBytes
    this.#keys = this.#kept.size
  }
}
