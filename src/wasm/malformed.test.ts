import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaxtonError, ErrorCode } from '../core/index.ts'
import { isCaxtonError } from '../core/index.ts'
import { readModule } from './index.ts'

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

interface Case {
  readonly name: string
  readonly bytes: readonly number[]
  readonly offset: number
  readonly code?: ErrorCode
}

/** Bytes behind the header; offsets count from the start of the file. */
const SECTIONS: readonly Case[] = [
  { name: 'an unknown section', bytes: [14, 0], offset: 8 },
  { name: 'a section without a size', bytes: [1], offset: 9 },
  { name: 'a section longer than the file', bytes: [1, 5, 0], offset: 10 },
  { name: 'a size longer than 32 bits', bytes: [1, 0xff, 0xff, 0xff, 0xff, 0x1f], offset: 9 },
  { name: 'a section twice', bytes: [1, 1, 0, 1, 1, 0], offset: 11 },
  { name: 'sections out of order', bytes: [3, 1, 0, 1, 1, 0], offset: 11 },
  { name: 'a tag section behind globals', bytes: [6, 1, 0, 13, 1, 0], offset: 11 },
  { name: 'bytes behind the last entry', bytes: [1, 2, 0, 0], offset: 11 },
  { name: 'fewer types than counted', bytes: [1, 4, 2, 0x60, 0, 0], offset: 14 },
  { name: 'more types than bytes', bytes: [1, 4, 9, 0x60, 0, 0], offset: 10 },
  { name: 'more types than are taken', bytes: [1, 5, 0xff, 0xff, 0xff, 0x7f, 0], offset: 10, code: 'ERR_WASM_LIMIT' },
  { name: 'an unknown form of type', bytes: [1, 2, 1, 0x61], offset: 11 },
  { name: 'an unknown value type', bytes: [1, 5, 1, 0x60, 1, 0x10, 0], offset: 13 },
  { name: 'too many parameters', bytes: [1, 5, 1, 0x60, 0xe9, 0x07, 0], offset: 12, code: 'ERR_WASM_LIMIT' },
  { name: 'an unknown heap type', bytes: [1, 6, 1, 0x60, 1, 0x63, 0x41, 0], offset: 14 },
  { name: 'two supertypes', bytes: [1, 7, 1, 0x50, 2, 0, 0, 0x5f, 0], offset: 12, code: 'ERR_WASM_LIMIT' },
  { name: 'a field that is neither mutable nor not', bytes: [1, 5, 1, 0x5f, 1, 0x7f, 2], offset: 14 },
  { name: 'an import of an unknown kind', bytes: [2, 5, 1, 0, 0, 5, 0], offset: 13 },
  { name: 'an import whose name is not UTF-8', bytes: [2, 6, 1, 1, 0xff, 0, 0, 0], offset: 12 },
  { name: 'an import whose name is longer than its section', bytes: [2, 4, 1, 9, 0x61, 0], offset: 11 },
  { name: 'a table of numbers', bytes: [4, 4, 1, 0x7f, 0, 1], offset: 11 },
  { name: 'a shared table', bytes: [4, 5, 1, 0x70, 3, 1, 1], offset: 12 },
  { name: 'a table with an initialiser and no zero', bytes: [4, 6, 1, 0x40, 1, 0x70, 0, 1], offset: 12 },
  { name: 'a memory with unknown flags', bytes: [5, 3, 1, 8, 1], offset: 11 },
  { name: 'too many memories', bytes: [5, 2, 101, 0], offset: 10, code: 'ERR_WASM_LIMIT' },
  { name: 'a tag with an attribute', bytes: [13, 3, 1, 1, 0], offset: 11 },
  { name: 'a global without an end', bytes: [6, 5, 1, 0x7f, 0, 0x41, 0], offset: 15 },
  { name: 'a block in a constant expression', bytes: [6, 7, 1, 0x7f, 0, 0x02, 0x40, 0x0b, 0x0b], offset: 13 },
  {
    name: 'an unknown opcode in a constant expression',
    bytes: [6, 5, 1, 0x7f, 0, 0x27, 0x0b],
    offset: 13,
    code: 'ERR_WASM_OPCODE_UNKNOWN',
  },
  { name: 'two exports of one name', bytes: [7, 9, 2, 1, 0x61, 0, 0, 1, 0x61, 0, 1], offset: 15 },
  { name: 'an element segment of form 8', bytes: [9, 2, 1, 8], offset: 11 },
  { name: 'an element segment of another kind', bytes: [9, 4, 1, 1, 1, 0], offset: 12 },
  { name: 'a data segment of form 3', bytes: [11, 2, 1, 3], offset: 11 },
  { name: 'a data segment longer than its section', bytes: [11, 4, 1, 1, 5, 0], offset: 13 },
  { name: 'functions without bodies', bytes: [3, 2, 1, 0], offset: 10 },
  { name: 'bodies without functions', bytes: [10, 4, 1, 2, 0, 0x0b], offset: 10 },
  { name: 'a body of one byte', bytes: [3, 2, 1, 0, 10, 3, 1, 1, 0], offset: 15 },
  { name: 'a body longer than its section', bytes: [3, 2, 1, 0, 10, 4, 1, 9, 0, 0x0b], offset: 16 },
  {
    name: 'a body above the limit',
    bytes: [3, 2, 1, 0, 10, 7, 1, 0xff, 0xff, 0xff, 0x7f, 0, 0],
    offset: 15,
    code: 'ERR_WASM_LIMIT',
  },
  { name: 'a wrong number of data segments', bytes: [12, 1, 1, 11, 1, 0], offset: 10 },
  { name: 'a custom section without a name', bytes: [0, 1, 5], offset: 10 },
]

for (const { name, bytes, offset, code } of SECTIONS) {
  test(`names the byte of ${name}`, () => {
    expectError([...HEADER, ...bytes], offset, code ?? 'ERR_WASM_MALFORMED')
  })
}

for (let length = 0; length < HEADER.length; length++) {
  test(`names the end of a file of ${length} bytes`, () => {
    expectError(HEADER.slice(0, length), length, 'ERR_WASM_MALFORMED')
  })
}

test('refuses another magic number and another version', () => {
  expectError([1, ...HEADER.slice(1)], 0, 'ERR_WASM_MALFORMED')
  expectError([...HEADER.slice(0, 4), 13, 0, 1, 0], 4, 'ERR_WASM_MALFORMED')
})

test('an error says what was expected and what was found, and limits say both numbers', () => {
  const error = expectError([...HEADER, 1, 2, 1, 0x61], 11, 'ERR_WASM_MALFORMED')
  assert.deepEqual(error.data, { offset: 11, expected: 'a function, struct or array type', found: '0x61' })
  const limit = expectError([...HEADER, 5, 2, 101, 0], 10, 'ERR_WASM_LIMIT')
  assert.deepEqual(limit.data, { offset: 10, limit: 100, asked: 101, what: 'memories' })
})

function expectError(bytes: readonly number[], offset: number, code: ErrorCode): CaxtonError {
  try {
    readModule(Uint8Array.from(bytes))
  } catch (error) {
    assert.ok(isCaxtonError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.equal(error.data['offset'], offset, error.message)
    return error
  }
  return assert.fail('it was read')
}
