import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ByteReader, InstructionCursor, OPCODE_BY_ROW, readLocals, readModule } from '../wasm/index.ts'
import { instrumentModule } from './index.ts'
import { assemble, RULES } from './kit.test.ts'

const SECTION = 'metadata.code.branch_hint'

/** Reads the hints of a module: offsets in the file by function index. */
function readHints(bytes: Uint8Array): Map<number, number[]> {
  const info = readModule(bytes)
  const section = info.customSections.find(({ name }) => name === SECTION)
  const hints = new Map<number, number[]>()
  if (section === undefined) return hints
  const reader = new ByteReader(bytes, section.offset, section.offset + section.size)
  for (let functions = reader.readU32('functions'); functions > 0; functions--) {
    const index = reader.readU32('a function')
    const begin = info.code.offsets[index - info.importedFunctionCount] as number
    const offsets: number[] = []
    for (let count = reader.readU32('hints'); count > 0; count--) {
      offsets.push(begin + reader.readU32('an offset'))
      assert.equal(reader.readU32('a size'), 1)
      assert.equal(reader.readByte('a hint'), 0)
    }
    hints.set(index, offsets)
  }
  reader.finish('hints')
  return hints
}

/** Finds by walking the code each `if` whose arm calls one of the first two functions that were added: offsets in the file. */
function findCharges(bytes: Uint8Array, index: number, added: number): number[] {
  const { code, importedFunctionCount } = readModule(bytes)
  const offset = code.offsets[index - importedFunctionCount] as number
  const end = offset + (code.sizes[index - importedFunctionCount] as number)
  const cursor = new InstructionCursor(bytes, readLocals(bytes, offset, end).offset, end)
  const charges: number[] = []
  let lastIf = -1
  while (cursor.next()) {
    const name = OPCODE_BY_ROW[cursor.row]?.name
    if (name === 'if') lastIf = cursor.start
    if (name === 'call' && (cursor.first === added || cursor.first === added + 1)) charges.push(lastIf)
  }
  return charges
}

test('each charge of QuickJS and each look at its stack is hinted, and nothing else', () => {
  const original = Uint8Array.from(readFileSync('node_modules/quickjs-wasi/quickjs.wasm'))
  const { bytes, info } = instrumentModule(original, RULES)
  const hints = readHints(bytes)
  let count = 0
  for (let i = 0; i < info.code.count; i++) {
    const index = info.importedFunctionCount + i
    const charges = findCharges(bytes, index, info.functions.length)
    assert.deepEqual(hints.get(index) ?? [], charges, `function ${index}`)
    count += charges.length
  }
  assert.ok(count > 10_000, `${count}`)
})

test('a module without charges has no hints', () => {
  const { bytes } = instrumentModule(assemble('(module (func))'), RULES)
  assert.equal(readHints(bytes).size, 0)
})
