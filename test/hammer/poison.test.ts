import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { createDirectory } from '../fakes/data-directory.ts'

const CHILD = join(import.meta.dirname, 'poison-child.ts')

/** Answers what it gets, but never comes to an end with a content that ends with `n`. */
function assembleVictim(): Uint8Array {
  const draft = '{"performative":"inform","receiver":"user","content":"well"}'
  const module = binaryen.parseText(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "${draft.replaceAll('"', '\\22')}")
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func (export "handle_message") (param $ptr i32) (param $len i32) (result i32)
      (if (i32.eq (i32.load8_u (i32.sub (i32.add (local.get $ptr) (local.get $len)) (i32.const 3))) (i32.const 110))
        (then (loop $on (br $on))))
      (call $send (i32.const 16) (i32.const ${draft.length}))))`)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

test('a message that kills the process each time it is handled is given up, and nothing else is', (context) => {
  const directory = createDirectory(context)
  writeFileSync(join(directory, 'victim.wasm'), assembleVictim())
  // Written by the first life: without it most of a life is spent compiling the runtime.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compiled') }
  const lines: string[] = []
  let deaths = 0
  for (let life = 0; life < 12 && lines.at(-1) !== 'done'; life += 1) {
    const child = spawnSync(process.execPath, [CHILD, directory, life === 0 ? 'yes' : 'no'], { encoding: 'utf8', env })
    lines.push(...child.stdout.split('\n').filter((line) => line !== ''))
    if (child.signal === 'SIGKILL') deaths += 1
    else assert.equal(child.status, 0, child.stderr)
  }
  assert.equal(deaths, 8)
  assert.deepEqual(
    lines.filter((line) => line.startsWith('dead')),
    ['dead ERR_MESSAGE_FATAL "poison"'],
  )
  const wells = lines.filter((line) => line === 'out "well"').length
  const failures = lines.filter((line) => line.includes('ERR_MESSAGE_FATAL') && line.startsWith('out'))
  assert.deepEqual([wells >= 3, failures.length], [true, 1], lines.join('\n'))
})
