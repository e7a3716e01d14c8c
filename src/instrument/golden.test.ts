import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { InstructionCursor, OPCODE_BY_ROW, readLocals, readModule } from '../wasm/index.ts'
import { instrumentModule } from './index.ts'
import { assemble, RULES } from './kit.test.ts'

/** `BLESS=1 node --test src/instrument/golden.test.ts` writes the files anew: read the difference before committing. */
const BLESS = process.env['BLESS'] === '1'
const FOLDER = join(import.meta.dirname, 'golden')

const CASES: Readonly<Record<string, string>> = {
  'nothing-to-pay': '(module (func))',
  'straight-line': '(module (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))',
  'calls-in-a-row': '(module (func $f (param i32)) (func (call $f (i32.const 1)) (call $f (i32.const 2))))',
  'loop-with-a-call':
    '(module (func $f) (func (param i32) (loop $l (call $f) (br_if $l (local.get 0))) (drop (i32.const 1))))',
  'counted-loop':
    '(module (func (param i32 i32) (loop $l (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (local.get 1))))))',
  'code-behind-a-block':
    '(module (func (param i32) (block $b (br_if $b (local.get 0)) (drop (i32.const 1))) (drop (i32.const 2))))',
  'branch-to-the-function':
    '(module (func (param i32) (result i32) (drop (br_if 0 (i32.const 1) (local.get 0))) (i32.const 2)))',
  bulk: '(module (memory 1) (func (param i32) (memory.fill (i32.const 0) (i32.const 0) (local.get 0))))',
  handler:
    '(module (tag $e) (func $f) (func (block $h (try_table (catch $e $h) (call $f) (return))) (drop (i32.const 1))))',
  'tail-call': '(module (func $f) (func (if (i32.const 1) (then (return_call $f))) (return_call $f)))',
}

/** Lists the functions of a module: one instruction a line, indented, with its immediates as hexadecimal bytes. */
function list(bytes: Uint8Array, count: number): string {
  const { code } = readModule(bytes)
  const lines: string[] = []
  for (let i = 0; i < count; i++) {
    const offset = code.offsets[i] as number
    const end = offset + (code.sizes[i] as number)
    const locals = readLocals(bytes, offset, end)
    lines.push(`function ${i}, ${locals.count} locals`)
    const cursor = new InstructionCursor(bytes, locals.offset, end)
    let depth = 1
    while (cursor.next()) {
      const name = OPCODE_BY_ROW[cursor.row]?.name ?? '?'
      const immediates = Array.from(bytes.subarray(cursor.start + 1, cursor.offset), (byte) =>
        byte.toString(16).padStart(2, '0'),
      )
      if (name === 'end') depth -= 1
      lines.push(`${'  '.repeat(Math.max(0, depth))}${[name, ...immediates].join(' ')}`)
      if (['block', 'loop', 'if', 'try_table'].includes(name)) depth += 1
    }
  }
  return lines.join('\n')
}

for (const [name, wat] of Object.entries(CASES)) {
  test(`${name} is rewritten as the golden file says`, () => {
    const bytes = assemble(wat)
    const { info, bytes: rewritten } = instrumentModule(bytes, RULES)
    const text = `before\n${list(bytes, info.code.count)}\n\nafter\n${list(rewritten, info.code.count)}\n`
    const file = join(FOLDER, `${name}.txt`)
    if (BLESS) writeFileSync(file, text)
    assert.equal(text, readFileSync(file, 'utf8'))
  })
}
