import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { assembleWithBinaryen } from './assembler.ts'
import { runScript } from './run-script.ts'
import { parseScript } from './script.ts'

const FOLDER = 'test/conformance/spec/cases'

for (const file of readdirSync(FOLDER).sort()) {
  test(`${file}: rewriting changes no outcome`, async () => {
    const commands = parseScript(readFileSync(`${FOLDER}/${file}`, 'utf8'))
    const tally = await runScript(commands, assembleWithBinaryen)
    assert.deepEqual(tally.differences, [])
    assert.equal(tally.met + tally.textOnly, tally.commands, 'every command ends as the script says')
  })
}

test('a difference is found', async () => {
  const script = `(module (func (export "caxton:fuel") (result i32) (i32.const 1)))
    (assert_return (invoke "caxton:fuel") (i32.const 1))`
  const tally = await runScript(parseScript(script), assembleWithBinaryen)
  assert.deepEqual(tally.differences, [
    { line: 1, plain: '[]', metered: 'invalid' },
    { line: 2, plain: '[i32:0x1]', metered: 'missing: not runnable' },
  ])
})

test('an outcome that is not the one of the script is not counted as met', async () => {
  const script = '(module (func (export "f") (result i32) (i32.const 1))) (assert_return (invoke "f") (i32.const 2))'
  const { same, met } = await runScript(parseScript(script), assembleWithBinaryen)
  assert.deepEqual({ same, met }, { same: 2, met: 1 })
})
