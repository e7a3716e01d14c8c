import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import binaryen from 'binaryen'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'caxton-export-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Writes `hello` to `new.txt`. */
const writer = binaryen.parseText(`(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 1024) "new.txt") (data (i32.const 2048) "\\00\\0c\\00\\00\\05\\00\\00\\00") (data (i32.const 3072) "hello")
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 8192))
  (func (export "handle_message") (param i32 i32) (result i32)
    (i32.add
      (call $open (i32.const 3) (i32.const 0) (i32.const 1024) (i32.const 7) (i32.const 1) (i64.const 64) (i64.const 0)
        (i32.const 0) (i32.const 3000))
      (call $write (i32.load (i32.const 3000)) (i32.const 2048) (i32.const 1) (i32.const 3004)))))`)
writeFileSync(join(folder, 'writer.wasm'), writer.emitBinary())
writeFileSync(
  join(folder, 'caxton.toml'),
  `name = "export"
[agents.writer]
module = "writer.wasm"
grants = { files = [{ at = "/out", memory = "1MiB", preload = { "seed.txt" = "seed" } }] }
[[send]]
to = "writer"
performative = "inform"
`,
)

function run(...args: readonly string[]) {
  const { status, stderr } = spawnSync(process.execPath, ['src/cli/main.ts', 'run', folder, '--quiet', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  return { status, stderr }
}

test('files in memory are in a folder when a run has ended', () => {
  const target = join(folder, 'results')
  const { status, stderr } = run('--export', `writer:/out=${target}`)
  assert.equal(status, 0, stderr)
  assert.match(stderr, /2 files of writer at \/out are in /)
  assert.deepEqual(readdirSync(target).sort(), ['new.txt', 'seed.txt'])
  assert.equal(readFileSync(join(target, 'new.txt'), 'utf8'), 'hello')
})

const full = join(folder, 'full')
mkdirSync(join(full, 'something'), { recursive: true })

const REFUSED = [
  { name: 'an agent that is not there', args: `nobody:/out=${folder}/x`, text: /no agent has that name/ },
  { name: 'a place without files in memory', args: `writer:/elsewhere=${folder}/x`, text: /but at: \/out/ },
  { name: 'a folder that is not empty', args: `writer:/out=${full}`, text: /is not empty/ },
]

for (const { name, args, text } of REFUSED) {
  test(`an export of ${name} is refused before anything starts`, () => {
    const { status, stderr } = run('--export', args)
    assert.equal(status, 64)
    assert.match(stderr, text)
    assert.equal(existsSync(join(folder, 'x')), false)
  })
}

test('an export that says no agent, place and folder is refused', () => {
  assert.equal(run('--export', 'writer=/out').status, 64)
})
