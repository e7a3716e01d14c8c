import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import binaryen from 'binaryen'
import { Caxton, execModule, isCaxtonError, saveTree } from '../../src/index.ts'
import type { MemoryTree } from '../../src/wasi/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'caxton-e2e-files-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const ON_LINUX = {
  skip: process.platform === 'linux' ? false : 'directories of the host are offered on Linux alone',
}

const IMPORTS = `
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))`
/** 1024: a path; 2048: one buffer with what is written; 3000: what is answered. */
const DATA =
  '(data (i32.const 1024) "out/new.txt") (data (i32.const 2048) "\\00\\0c\\00\\00\\05\\00\\00\\00") (data (i32.const 3072) "hello")'
/** Writes `hello` to `out/new.txt`; the sum of what was answered. */
const WRITE_FILE = `
  (i32.add
    (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 11) (i32.const 1) (i64.const 64) (i64.const 0)
      (i32.const 0) (i32.const 3000))
    (call $write (i32.load (i32.const 3000)) (i32.const 2048) (i32.const 1) (i32.const 3004)))`

function assemble(functions: string): Uint8Array {
  const module = binaryen.parseText(`(module ${IMPORTS} (memory (export "memory") 1) ${DATA} ${functions})`)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

const AGENT = assemble(`
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8192))
  (func (export "handle_message") (param i32 i32) (result i32) ${WRITE_FILE})`)
const COMMAND = assemble(`(func (export "_start") (if ${WRITE_FILE} (then (unreachable))))`)
/** Opens and forgets a file for ever. */
const OPENER = assemble(`
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8192))
  (func (export "handle_message") (param i32 i32) (result i32)
    (loop $again (drop ${WRITE_FILE}) (drop (call $close (i32.load (i32.const 3000)))) (br $again)) (i32.const 0))`)

function toObject(tree: MemoryTree): Readonly<Record<string, string>> {
  return Object.fromEntries(
    tree.map((entry) => [entry.path, entry.type === 'file' ? Buffer.from(entry.bytes).toString() : entry.type]),
  )
}

function createFolder(name: string): string {
  const made = join(folder, name)
  mkdirSync(join(made, 'out'), { recursive: true })
  writeFileSync(join(made, 'seed.txt'), 'seed')
  return made
}

for (const isolation of ['thread', 'process'] as const) {
  test(`an agent in a ${isolation} has files in memory that begin as a copy and come out at the end`, async () => {
    const preload = createFolder(`preload-${isolation}`)
    await using caxton = await Caxton.start({ threads: 1 })
    const files = [{ at: '/', memory: '1MiB', preload }]
    await caxton.deploy({ name: 'a', bytes: AGENT, isolation, grants: { files } })
    await caxton.deploy({ name: 'b', bytes: AGENT, isolation, grants: { files } })
    const sent = caxton.send({ performative: 'inform', receiver: 'a' })
    assert.ok(sent)
    await caxton.idle()
    const expected = { out: 'directory', 'seed.txt': 'seed', 'out/new.txt': 'hello' }
    assert.deepEqual(toObject(await caxton.exportFiles('a', '/')), expected)
    assert.deepEqual(toObject(await caxton.exportFiles('b', '/')), { out: 'directory', 'seed.txt': 'seed' })
    assert.deepEqual(await caxton.exportFiles('a', '/elsewhere'), [])
    assert.deepEqual(readdirSync(join(preload, 'out')), [])
    await assert.rejects(caxton.exportFiles('nobody', '/'), (error) => isCaxtonError(error, 'ERR_AGENT_UNKNOWN'))
  })
}

test('an agent has no files but those that it is granted', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'a', bytes: AGENT })
  await assert.rejects(caxton.request({ performative: 'request', receiver: 'a' }), (error) => {
    assert.ok(isCaxtonError(error, 'ERR_REQUEST_FAILED'))
    // BADF from each of the two calls.
    assert.match(error.message, /16/)
    return true
  })
  assert.deepEqual(await caxton.exportFiles('a', '/'), [])
})

test(
  'an agent writes into a directory of the host if it is granted, and not if it may only read',
  ON_LINUX,
  async () => {
    const host = createFolder('host')
    await using caxton = await Caxton.start({ threads: 1 })
    await caxton.deploy({ name: 'reader', bytes: AGENT, grants: { files: [{ at: '/', host }] } })
    caxton.send({ performative: 'inform', receiver: 'reader' })
    await caxton.idle()
    assert.deepEqual(readdirSync(join(host, 'out')), [])
    await caxton.deploy({ name: 'writer', bytes: AGENT, grants: { files: [{ at: '/', host, access: 'rw' }] } })
    caxton.send({ performative: 'inform', receiver: 'writer' })
    await caxton.idle()
    assert.equal(readFileSync(join(host, 'out/new.txt'), 'utf8'), 'hello')
  },
)

test('an agent with a process of its own is refused a directory of the host before anything starts', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const grants = { files: [{ at: '/', host: folder }] }
  await assert.rejects(caxton.deploy({ name: 'a', bytes: AGENT, isolation: 'process', grants }), (error) => {
    assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'))
    assert.match(error.message, /grants\.files\[0\]: is a directory of the host, which an agent with a process/)
    return true
  })
})

test('an agent that is killed among its files leaves none of them open', ON_LINUX, async () => {
  const host = createFolder('killed')
  const inFolder = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(host)
      } catch {
        return false
      }
    }).length
  await using caxton = await Caxton.start({ threads: 1 })
  const grants = { files: [{ at: '/', host, access: 'rw' as const }] }
  for (const [name, limits] of Object.entries({
    fuel: { fuel: '2M' },
    ...Object.fromEntries([1, 2, 3].map((index) => [`wall-${index}`, { fuel: '100G', wall: '60ms', host_calls: 1e9 }])),
    calls: { host_calls: 50 },
  })) {
    await caxton.deploy({ name, bytes: OPENER, limits, grants })
    caxton.send({ performative: 'inform', receiver: name })
    await caxton.idle()
    assert.equal(caxton.agents().find((agent) => agent.name === name)?.phase, 'failed')
  }
  assert.equal(inFolder(), 0)
})

test('a command has its files copied when it has ended', async () => {
  const result = await execModule({
    bytes: COMMAND,
    args: ['command'],
    env: {},
    limits: {},
    files: [{ at: '/', memory: '1MiB', preload: { 'out/seed.txt': 'seed' } }],
    exportFiles: ['/'],
    onStdout: () => {},
    onStderr: () => {},
  })
  assert.equal(result.error, null)
  assert.deepEqual(toObject(result.files['/']!), {
    out: 'directory',
    'out/seed.txt': 'seed',
    'out/new.txt': 'hello',
  })
  const target = join(folder, 'saved')
  assert.deepEqual(await saveTree(result.files['/']!, target), [])
  assert.equal(readFileSync(join(target, 'out/new.txt'), 'utf8'), 'hello')
  await assert.rejects(saveTree(result.files['/']!, target), (error) => isCaxtonError(error, 'ERR_CONFIG_INVALID'))
})

test('what an agent has made is written nowhere but into the folder, and deceives nobody', async () => {
  const bytes = Buffer.from('x')
  for (const path of ['../x', '/x', 'a/../../x', '', 'a//b', '.', 'a\0b']) {
    await assert.rejects(saveTree([{ type: 'file', path, bytes }], join(folder, 'refused')), (error) =>
      isCaxtonError(error, 'ERR_CONFIG_INVALID'),
    )
  }
  const tree: MemoryTree = [
    { type: 'link', path: 'out', target: '../..' },
    { type: 'link', path: 'absolute', target: '/etc' },
    { type: 'link', path: 'inside', target: 'dir/file' },
    { type: 'directory', path: 'dir' },
    { type: 'file', path: 'dir/file', bytes },
    { type: 'link', path: 'dir/up', target: '../dir' },
  ]
  assert.deepEqual(await saveTree(tree, join(folder, 'links')), ['out', 'absolute'])
  assert.equal(readFileSync(join(folder, 'links/inside'), 'utf8'), 'x')
  assert.deepEqual(readdirSync(join(folder, 'links')).sort(), ['dir', 'inside'])
})
