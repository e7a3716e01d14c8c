import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CaxtonError } from '../core/index.ts'

/*
 * Any number of processes and threads share a directory; nobody locks it.
 *
 * 1. A reader gets the bytes that were written under its key, all of them, or nothing: an entry appears by a rename and
 *    begins with a digest of its key and its bytes.
 * 2. Nothing that the file system refuses is an error: then there is no cache.
 * 3. A file whose name is not one that a cache gives is not touched.
 * 4. One cache that writes to a directory keeps it to the bound; several at once exceed it by at most 1/16 for each of the others.
 */

export interface DiskCacheOptions {
  /** Bytes of all entries, each counted in whole blocks of 4 KiB; 0 keeps none. */
  readonly maxBytes: number
}

const DIGEST_BYTES = 32
const BLOCK_BYTES = 4_096
const KEY = /^[0-9a-f]{64}$/
/** An entry, or one that is being written or was when its writer ended. */
const FILE = /^[0-9a-f]{64}(?:\.[0-9a-f-]{36})?$/

/**
 * Bytes under keys, in files.
 *
 * The least recently used entries go first. The time of the last use is the time of the last modification, set anew by
 * every read: times of access are not kept on many volumes (`noatime`), or once a day (`relatime`).
 *
 * Digests find damage, not forgery: whoever can write the directory decides what is read from it.
 */
export class DiskCache {
  readonly #directory: string
  readonly #maxBytes: number
  /** Bytes that are written before the directory is looked through again: that takes a look at every file. */
  readonly #slackBytes: number
  #bytesUntilSweep = 0
  #sweep: Promise<void> | null = null

  /** @throws CaxtonError ERR_CONFIG_INVALID for a bound that is no number of bytes */
  constructor(directory: string, { maxBytes }: DiskCacheOptions) {
    if (!(maxBytes >= 0)) {
      throw new CaxtonError('ERR_CONFIG_INVALID', {
        detail: `a cache directory holds 0 bytes or more, found ${maxBytes}`,
      })
    }
    this.#directory = directory
    this.#maxBytes = maxBytes
    this.#slackBytes = Math.floor(maxBytes / 16)
  }

  /** Returns what was written under a key; undefined when there is nothing, or when it is not as it was written. */
  async read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (!KEY.test(key)) return undefined
    const path = join(this.#directory, key)
    const file = await readBounded(path, this.#maxBytes)
    if (file === undefined || file.length < DIGEST_BYTES) return undefined
    const bytes = new Uint8Array(file.buffer, file.byteOffset + DIGEST_BYTES, file.length - DIGEST_BYTES)
    if (!digestEntry(key, bytes).equals(file.subarray(0, DIGEST_BYTES))) return undefined
    const now = new Date()
    await utimes(path, now, now).catch(() => undefined)
    return bytes
  }

  /** Keeps bytes under a key, the SHA-256 of what they are made from, hexadecimal. Larger ones than the bound are not kept. */
  async write(key: string, bytes: Uint8Array): Promise<void> {
    const size = countBlocks(DIGEST_BYTES + bytes.length)
    if (!KEY.test(key) || size > this.#maxBytes - this.#slackBytes) return
    const temporary = join(this.#directory, `${key}.${randomUUID()}`)
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 })
      await this.#makeRoom(size)
      await writeFile(temporary, [digestEntry(key, bytes), bytes])
      await rename(temporary, join(this.#directory, key))
    } catch {
      await rm(temporary, { force: true }).catch(() => undefined)
    }
  }

  /** Makes sure that so many bytes more keep to the bound. */
  async #makeRoom(bytes: number): Promise<void> {
    while (this.#bytesUntilSweep < bytes) {
      this.#sweep ??= this.#removeOldest(Math.max(bytes, this.#slackBytes)).finally(() => {
        this.#sweep = null
      })
      await this.#sweep
    }
    this.#bytesUntilSweep -= bytes
  }

  /** Removes the least recently used until `room` bytes are free. */
  async #removeOldest(room: number): Promise<void> {
    const files = await this.#list()
    let free = this.#maxBytes - files.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { path, bytes } of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (free >= room) break
      await rm(path, { force: true })
      free += bytes
    }
    this.#bytesUntilSweep = room
  }

  async #list(): Promise<{ path: string; bytes: number; usedMs: number }[]> {
    const names = (await readdir(this.#directory)).filter((name) => FILE.test(name))
    const found = names.map(async (name) => {
      const path = join(this.#directory, name)
      const file = await stat(path).catch(() => undefined)
      return file === undefined ? [] : [{ path, bytes: countBlocks(file.size), usedMs: file.mtimeMs }]
    })
    return (await Promise.all(found)).flat()
  }
}

async function readBounded(path: string, maxBytes: number): Promise<Buffer<ArrayBuffer> | undefined> {
  try {
    await using file = await open(path, 'r')
    const { size } = await file.stat()
    return size > maxBytes ? undefined : await file.readFile()
  } catch {
    return undefined
  }
}

function digestEntry(key: string, bytes: Uint8Array): Buffer {
  return createHash('sha256').update(key).update(bytes).digest()
}

function countBlocks(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES
}
