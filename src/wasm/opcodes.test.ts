import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isCaxtonError } from '../core/index.ts'
import { InstructionCursor } from './instruction-cursor.ts'
import { encodeU32 } from './leb128.ts'
import { FIRST_PREFIX, LAST_PREFIX, OPCODE_BY_ROW, rowOf } from './opcode-index.ts'
import type { Immediates } from './opcodes.ts'
import { OPCODES } from './opcodes.ts'

/** The shortest immediates of each kind. */
const SHORTEST: Readonly<Record<Immediates, readonly number[]>> = {
  none: [],
  block: [0x40],
  index: [0],
  index2: [0, 0],
  br_table: [0, 0],
  memarg: [0, 0],
  memarg_lane: [0, 0, 0],
  lane: [0],
  i32: [0],
  i64: [0],
  f32: [0, 0, 0, 0],
  f64: [0, 0, 0, 0, 0, 0, 0, 0],
  bytes16: new Array<number>(16).fill(0),
  types: [1, 0x7f],
  heap_type: [0x70],
  try_table: [0x40, 0],
  cast: [0, 0, 0x70, 0x70],
}

/** Longer ones, which must be walked over whole. */
const LONGER: readonly (readonly [Immediates, readonly number[]])[] = [
  ['block', [0x63, 0x85, 0x01]],
  ['block', [0x85, 0x01]],
  ['index', [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ['br_table', [3, 0, 1, 0x82, 0x00, 3]],
  ['memarg', [0x42, 0x05, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ['i64', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
  ['types', [2, 0x7f, 0x64, 0x70]],
  ['heap_type', [0x80, 0x01]],
  ['try_table', [0x7f, 4, 0, 1, 2, 1, 3, 4, 2, 5, 3, 6]],
  ['cast', [3, 0x81, 0x00, 0x6e, 0x80, 0x01]],
]

function encodeOpcode(code: number): number[] {
  return code > 0xff ? [code >>> 16, ...encodeU32(code & 0xffff)] : [code]
}

/** What V8 says of a function whose body, behind `unreachable`, holds some bytes. */
function askEngine(body: readonly number[]): string {
  const content = [0, 0x00, ...body, 0x0b]
  const bytes = [
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0],
    ...[10, ...encodeU32(content.length + 2), 1, ...encodeU32(content.length), ...content],
  ]
  try {
    new WebAssembly.Module(Uint8Array.from(bytes))
    return 'valid'
  } catch (error) {
    return String(error)
  }
}

test('every opcode decodes, with its shortest and with longer immediates', () => {
  for (const { code, immediates } of OPCODES) {
    const all = [SHORTEST[immediates], ...LONGER.filter(([kind]) => kind === immediates).map(([, bytes]) => bytes)]
    for (const bytes of all) {
      const encoded = [...encodeOpcode(code), ...bytes]
      const cursor = new InstructionCursor(Uint8Array.from([...encoded, 0x0b]))
      assert.ok(cursor.next())
      assert.equal(cursor.row, rowOf(code))
      assert.equal(cursor.offset, encoded.length, OPCODE_BY_ROW[cursor.row]?.name ?? '')
    }
  }
})

test('an instruction cut short is refused at its offset', () => {
  for (const { code, immediates } of OPCODES) {
    const encoded = [...encodeOpcode(code), ...SHORTEST[immediates]]
    for (let length = 1; length < encoded.length; length++) {
      const cursor = new InstructionCursor(Uint8Array.from([0x01, ...encoded]), 0, length + 1)
      assert.ok(cursor.next())
      assert.throws(
        () => cursor.next(),
        (error) => isCaxtonError(error) && error.code.startsWith('ERR_WASM_'),
      )
    }
  }
})

test('names and codes are unique', () => {
  assert.equal(new Set(OPCODES.map(({ code }) => code)).size, OPCODES.length)
  assert.equal(new Set(OPCODES.map(({ name }) => name)).size, OPCODES.length - 1, 'select has two encodings')
})

test('the engine knows every opcode of the table', () => {
  for (const { code, name, immediates } of OPCODES) {
    const said = askEngine([...encodeOpcode(code), ...SHORTEST[immediates]])
    assert.doesNotMatch(said, /invalid.*opcode|unknown opcode|illegal.*opcode/i, name)
  }
})

test('the engine refuses what the table does not have, and so does the cursor, with its offset', () => {
  const singles = Array.from({ length: 256 }, (_, code) => [code])
  const prefixed = [0xfb, 0xfc, 0xfd, 0xfe].flatMap((prefix) =>
    Array.from({ length: 0x140 }, (_, code) => [prefix, ...encodeU32(code)]),
  )
  const known = new Set(OPCODES.map(({ code }) => encodeOpcode(code).join()))
  const accepted: string[] = []
  for (const code of [...singles, ...prefixed]) {
    if (known.has(code.join())) continue
    const [first = 0] = code
    if (code.length === 1 && first >= FIRST_PREFIX && first <= LAST_PREFIX) continue
    const cursor = new InstructionCursor(Uint8Array.from([0x01, ...code, 0, 0, 0, 0]))
    assert.ok(cursor.next())
    assert.throws(
      () => cursor.next(),
      (error) => isCaxtonError(error, 'ERR_WASM_OPCODE_UNKNOWN') && error.data['offset'] === 1,
    )
    if (!/invalid.*opcode|Invalid.*opcode|enable with|prefix/i.test(askEngine([...code, 0, 0, 0, 0]))) {
      accepted.push(`${code.map((byte) => byte.toString(16))}: ${askEngine([...code, 0, 0, 0, 0])}`)
    }
  }
  // The engine reads the type of these two (custom descriptors) before it says that they are switched off.
  assert.deepEqual(
    accepted.filter((line) => !/^fb,2[01]: .*invalid struct index/.test(line)),
    [],
  )
})
