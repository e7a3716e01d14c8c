import assert from 'node:assert/strict'
import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDirectory } from '../../test/fakes/data-directory.ts'
import { isCaxtonError } from '../core/index.ts'
import { openDatabase } from './database.ts'
import { databaseFile } from './directory.ts'
import { Store } from './index.ts'

const clock = { nowMs: () => 1_000_000, monotonicMs: () => 0 }
const PAGE_BYTES = 4_096

test('whichever page of a database is damaged or cut off, a start says so', async (context) => {
  const directory = createDirectory(context)
  const store = await Store.open({ clock }, { directory })
  for (let index = 0; index < 40; index += 1) {
    const message = {
      performative: 'inform',
      sender: 'a',
      receiver: 'b',
      message_id: `m-${index}`,
      conversation_id: 'c',
    } as const
    const accepted = {
      receiver: 'b',
      attempts: 0,
      acceptedMs: 0,
      message: { ...message, content: `"${'x'.repeat(900)}"` },
    }
    store.accept({ sequence: store.nextSequence(), ...accepted })
    store.putData('a', new Map([[`key-${index}`, new Uint8Array(600)]]))
    store.remember(`id-${index}`)
    store.putRecord('area', `key-${index}`, 'x'.repeat(300))
  }
  await store.close()
  const whole = readFileSync(databaseFile(directory))
  const pages = whole.length / PAGE_BYTES
  const copy = join(createDirectory(context), 'copy.sqlite')
  const silent: string[] = []
  const look = (what: string) => {
    try {
      openDatabase(copy, 'normal').close()
      silent.push(what)
    } catch (error) {
      if (!isCaxtonError(error, 'ERR_STORE_CORRUPT')) throw error
    }
  }
  for (let page = 0; page < pages; page += 1) {
    writeFileSync(copy, Buffer.from(whole).fill(0xa5, page * PAGE_BYTES, (page + 1) * PAGE_BYTES))
    look(`page ${page + 1} damaged`)
    copyFileSync(databaseFile(directory), copy)
    // A file without a page is an empty database: nothing can tell it from a new one.
    if (page > 0) {
      truncateSync(copy, page * PAGE_BYTES)
      look(`cut off before page ${page + 1}`)
    }
  }
  assert.ok(pages > 20)
  assert.deepEqual(silent, [])
})
