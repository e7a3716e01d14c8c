/** Writes and reads entries of a shared cache directory; fails when it reads what nobody wrote under that key. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { DiskCache } from '../../src/disk/index.ts'

const KEYS = 24
const ROUNDS = 300
const [directory = '', maxBytes = ''] = process.argv.slice(2)
const cache = new DiskCache(directory, { maxBytes: Number(maxBytes) })

/** The same for every process: whoever writes a key writes the same bytes, as whoever builds one thing twice does. */
function entryOf(number: number): { key: string; bytes: Uint8Array } {
  const bytes = new Uint8Array(1_000 + number * 1_777).fill(number)
  return { key: createHash('sha256').update(String(number)).digest('hex'), bytes }
}

let hits = 0
async function hammer(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const { key, bytes } = entryOf(Math.floor(Math.random() * KEYS))
    const read = await cache.read(key)
    if (read === undefined) await cache.write(key, bytes)
    else assert.equal(Buffer.compare(read, bytes), 0)
    if (read !== undefined) hits += 1
  }
}

await Promise.all([hammer(), hammer(), hammer()])
assert.ok(hits > 0)
