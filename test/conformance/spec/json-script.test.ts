import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { assembleWithBinaryen } from './assembler.ts'
import { readJsonScript } from './json-script.ts'
import { runScript } from './run-script.ts'

const MODULE = `(module (memory (export "m") 1) (global (export "g") i64 (i64.const -1)) (tag $e)
  (func (export "id") (param externref) (result externref) (local.get 0))
  (func (export "add") (param v128 v128) (result v128) (i8x16.add (local.get 0) (local.get 1)))
  (func (export "nan") (result f32) (f32.div (f32.const 0) (f32.const 0)))
  (func (export "trap") (unreachable)) (func (export "throw") (throw $e)))`

const lanes = (value: string) => ({ type: 'v128', lane_type: 'i8', value: Array(16).fill(value) })
const invoke = (field: string, ...args: readonly object[]) => ({ type: 'invoke', field, args })

const COMMANDS = [
  { type: 'module', line: 1, filename: 'a.wasm', name: '$a' },
  { type: 'register', line: 2, name: '$a', as: 'a' },
  {
    type: 'assert_return',
    line: 3,
    action: invoke('id', { type: 'externref', value: '7' }),
    expected: [{ type: 'externref', value: '7' }],
  },
  { type: 'assert_return', line: 4, action: invoke('add', lanes('200'), lanes('100')), expected: [lanes('44')] },
  { type: 'assert_return', line: 5, action: invoke('nan'), expected: [{ type: 'f32', value: 'nan:canonical' }] },
  {
    type: 'assert_return',
    line: 6,
    action: { type: 'get', module: '$a', field: 'g' },
    expected: [{ type: 'i64', value: '18446744073709551615' }],
  },
  { type: 'assert_trap', line: 7, action: invoke('trap'), text: 'unreachable' },
  { type: 'assert_exception', line: 8, action: invoke('throw') },
  { type: 'assert_malformed', line: 9, filename: 'b.wasm', module_type: 'binary', text: 'unexpected end' },
]

test('a script that was assembled beforehand is run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-json-script-'))
  writeFileSync(join(folder, 'a.wasm'), assembleWithBinaryen(MODULE))
  writeFileSync(join(folder, 'b.wasm'), Uint8Array.of(0, 0x61))
  writeFileSync(join(folder, 'a.json'), JSON.stringify({ source_filename: 'a.wast', commands: COMMANDS }))
  const commands = readJsonScript(join(folder, 'a.json'))
  rmSync(folder, { recursive: true })
  const tally = await runScript(commands, assembleWithBinaryen)
  assert.deepEqual(tally.differences, [])
  assert.equal(tally.met, COMMANDS.length)
})
