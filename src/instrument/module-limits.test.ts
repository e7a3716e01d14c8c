import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MODULE_LIMITS } from '../core/index.ts'
import { ByteWriter, encodeU32, readModule } from '../wasm/index.ts'
import { planHelpers } from './added-functions.ts'
import { planTypes } from './added-types.ts'
import { planCaps } from './caps.ts'
import { writeCode } from './code-section.ts'
import { instrumentModule } from './index.ts'
import { assemble, call, fails, instantiate, Metered, RULES } from './kit.test.ts'

type Bytes = readonly number[] | Uint8Array

function concat(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

const section = (id: number, contents: Bytes) => concat([[id], encodeU32(contents.length), contents])
const moduleOf = (...sections: readonly Bytes[]) => concat([[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], ...sections])
const vector = (count: number, entry: (index: number) => Bytes) =>
  concat([encodeU32(count), ...Array.from({ length: count }, (_, index) => entry(index))])
const repeat = (count: number, entry: readonly number[]) => {
  const bytes = new Uint8Array(count * entry.length)
  for (let i = 0; i < count; i++) bytes.set(entry, i * entry.length)
  return concat([encodeU32(count), bytes])
}
const name = (text: string) => [...encodeU32(text.length), ...Buffer.from(text)]
const TYPE = section(1, [1, 0x60, 0, 0])
const FUNCTION = section(3, [1, 0])
const body = (code: Bytes) => section(10, concat([[1], encodeU32(code.length), code]))
const EMPTY_BODY = body([0, 0x0b])

interface Count {
  readonly name: string
  readonly limit: number
  readonly build: (count: number) => Uint8Array<ArrayBuffer>
  /** What is done with a module at the limit: rewritten and compiled, or only read where the result would be too large. */
  readonly reads?: true
}

const COUNTS: readonly Count[] = [
  { name: 'types', limit: MODULE_LIMITS.types, build: (n) => moduleOf(section(1, repeat(n, [0x60, 0, 0]))) },
  {
    name: 'functions',
    limit: MODULE_LIMITS.functions,
    build: (n) => moduleOf(TYPE, section(3, repeat(n, [0])), section(10, repeat(n, [2, 0, 0x0b]))),
    reads: true,
  },
  {
    name: 'imports',
    limit: MODULE_LIMITS.imports,
    build: (n) => moduleOf(TYPE, section(2, repeat(n, [1, 0x6d, 1, 0x66, 0, 0]))),
  },
  {
    name: 'exports',
    limit: MODULE_LIMITS.exports,
    build: (n) =>
      moduleOf(
        TYPE,
        FUNCTION,
        section(
          7,
          vector(n, (i) => [...name(`f${i}`), 0, 0]),
        ),
        EMPTY_BODY,
      ),
  },
  {
    name: 'globals',
    limit: MODULE_LIMITS.globals,
    build: (n) => moduleOf(section(6, repeat(n, [0x7f, 0, 0x41, 0, 0x0b]))),
  },
  { name: 'memories', limit: MODULE_LIMITS.memories, build: (n) => moduleOf(section(5, repeat(n, [0, 0]))) },
  { name: 'tables', limit: MODULE_LIMITS.tables, build: (n) => moduleOf(section(4, repeat(n, [0x70, 0, 0]))) },
  { name: 'tags', limit: MODULE_LIMITS.tags, build: (n) => moduleOf(TYPE, section(13, repeat(n, [0, 0]))) },
  { name: 'data segments', limit: MODULE_LIMITS.dataSegments, build: (n) => moduleOf(section(11, repeat(n, [1, 0]))) },
  {
    name: 'element segments',
    limit: MODULE_LIMITS.elementSegments,
    build: (n) => moduleOf(section(9, repeat(n, [1, 0, 0]))),
  },
  {
    name: 'entries of element segments together',
    limit: MODULE_LIMITS.elementEntries,
    build: (n) => {
      const half = Math.floor(n / 2)
      const segment = (count: number) => concat([[1, 0], encodeU32(count), new Uint8Array(count)])
      return moduleOf(TYPE, FUNCTION, section(9, concat([[2], segment(half), segment(n - half)])), EMPTY_BODY)
    },
    reads: true,
  },
  {
    name: 'locals of a function together, with three that may be added',
    limit: MODULE_LIMITS.functionLocals - 3,
    build: (n) => moduleOf(TYPE, FUNCTION, body([2, 9, 0x7f, ...encodeU32(n - 9), 0x7e, 0x0b])),
  },
  {
    name: 'parameters',
    limit: MODULE_LIMITS.functionParams,
    build: (n) => moduleOf(section(1, concat([[1, 0x60], repeat(n, [0x7f]), [0]]))),
  },
  {
    name: 'results',
    limit: MODULE_LIMITS.functionResults,
    build: (n) => moduleOf(section(1, concat([[1, 0x60, 0], repeat(n, [0x7f])]))),
  },
  {
    name: 'fields of a structure',
    limit: MODULE_LIMITS.structFields,
    build: (n) => moduleOf(section(1, concat([[1, 0x5f], repeat(n, [0x7f, 0])]))),
  },
  {
    name: 'blocks one in the other',
    limit: MODULE_LIMITS.nesting,
    build: (n) =>
      moduleOf(
        TYPE,
        FUNCTION,
        body(concat([[0], repeat(n, [2, 0x40]).subarray(encodeU32(n).length), new Uint8Array(n + 1).fill(0x0b)])),
      ),
  },
  {
    name: 'bytes of a function',
    limit: MODULE_LIMITS.functionBytes,
    build: (n) => moduleOf(TYPE, FUNCTION, body(concat([[0], new Uint8Array(n - 2).fill(1), [0x0b]]))),
    reads: true,
  },
  {
    name: 'bytes of a name',
    limit: MODULE_LIMITS.nameBytes,
    build: (n) => moduleOf(TYPE, FUNCTION, section(7, [1, ...name('x'.repeat(n)), 0, 0]), EMPTY_BODY),
  },
  {
    name: 'custom sections',
    limit: MODULE_LIMITS.customSections,
    build: (n) => moduleOf(repeat(n, [0, 2, 1, 0x61]).subarray(encodeU32(n).length)),
  },
  {
    name: 'bytes of a module',
    limit: MODULE_LIMITS.moduleBytes,
    build: (n) => {
      const bytes = new Uint8Array(n)
      bytes.set(moduleOf([0, ...encodeU32(n - 13), 1, 0x61]))
      return bytes
    },
    reads: true,
  },
]

suite('a module is taken with as many as the limit and refused with one more', () => {
  for (const { name, limit, build, reads } of COUNTS) {
    test(name, () => {
      const most = build(limit)
      if (reads === true) assert.ok(readModule(most))
      else assert.ok(new WebAssembly.Module(instrumentModule(most, RULES).bytes))
      const { data } = fails('ERR_WASM_LIMIT', () => instrumentModule(build(limit + 1), RULES))
      assert.deepEqual({ limit: data['limit'], asked: data['asked'] }, { limit, asked: limit + 1 })
      assert.ok(Number.isInteger(data['offset']))
    })
  }
})

const PAGE = 65_536
const SIZES: readonly {
  name: string
  code: 'ERR_LIMIT_MEMORY' | 'ERR_LIMIT_TABLE'
  rules: { memoryMaxBytes: number; tableMaxElements: number }
  /** At the limit, and beyond it. */
  wats: readonly [string, string]
  data: { limit: number; asked: number }
}[] = [
  {
    name: 'initial sizes of several memories',
    code: 'ERR_LIMIT_MEMORY',
    rules: { ...RULES, memoryMaxBytes: 5 * PAGE },
    wats: ['(memory 2) (memory 3)', '(memory 2) (memory i64 4)'],
    data: { limit: 5 * PAGE, asked: 6 * PAGE },
  },
  {
    name: 'initial sizes of several tables',
    code: 'ERR_LIMIT_TABLE',
    rules: { ...RULES, tableMaxElements: 10 },
    wats: ['(table 4 funcref) (table 6 externref)', '(table 4 funcref) (table 7 externref)'],
    data: { limit: 10, asked: 11 },
  },
  {
    name: 'arrays that globals begin with',
    code: 'ERR_LIMIT_MEMORY',
    rules: { ...RULES, memoryMaxBytes: 2 * PAGE },
    wats: ['4095', '4096'].map(
      (length) =>
        `(type $a (array i8)) (global (ref $a) (array.new_default $a (i32.const 4095))) (global (ref $a) (array.new $a (i32.const 1) (i32.const ${length})))`,
    ) as unknown as readonly [string, string],
    data: { limit: 2 * PAGE, asked: 2 * PAGE + 16 },
  },
  {
    name: 'arrays that element segments begin with',
    code: 'ERR_LIMIT_MEMORY',
    rules: { ...RULES, memoryMaxBytes: PAGE },
    wats: ['4095', '4096'].map(
      (length) => `(type $a (array i8)) (elem (ref $a) (item (array.new_default $a (i32.const ${length}))))`,
    ) as unknown as readonly [string, string],
    data: { limit: PAGE, asked: PAGE + 16 },
  },
  {
    name: 'structures that globals begin with',
    code: 'ERR_LIMIT_MEMORY',
    rules: { ...RULES, memoryMaxBytes: PAGE },
    wats: [1_023, 1_024].map(
      (fields) =>
        `(type $s (struct ${'(field i64) '.repeat(fields)})) ${'(global (ref $s) (struct.new_default $s)) '.repeat(4)}`,
    ) as unknown as readonly [string, string],
    data: { limit: PAGE, asked: PAGE + 64 },
  },
]

suite('what a module allocates when it is instantiated is refused beyond the limit', () => {
  for (const { name, code, rules, wats, data } of SIZES) {
    test(name, () => {
      const [most, more] = wats.map((wat) => assemble(`(module ${wat})`))
      assert.ok(instantiate(instrumentModule(most!, rules).bytes))
      const error = fails(code, () => instrumentModule(more!, rules))
      assert.deepEqual({ limit: error.data['limit'], asked: error.data['asked'] }, data)
      assert.ok(Number.isInteger(error.data['offset']))
    })
  }

  test('the initial element of a table', () => {
    const table = (length: number) => {
      const init = [0xfb, 7, 0, 0x0b]
      return moduleOf(
        section(1, [1, 0x5e, 0x78, 0]),
        section(4, [1, 0x40, 0, 0x64, 0, 0, 1, 0x41, ...encodeU32(length), ...init]),
      )
    }
    const rules = { ...RULES, memoryMaxBytes: PAGE }
    assert.ok(instantiate(instrumentModule(table(4_095), rules).bytes))
    const { data } = fails('ERR_LIMIT_MEMORY', () => instrumentModule(table(4_096), rules))
    assert.deepEqual({ limit: data['limit'], asked: data['asked'] }, { limit: PAGE, asked: PAGE + 16 })
  })
})

suite('an array is refused before it is allocated when it is larger than the memory limit', () => {
  const bytes =
    assemble(`(module (type $b (array (mut i8))) (type $q (array (mut i64))) (type $v (array (mut v128))) (data $d "abcd")
    (func (export "bytes") (param i32) (drop (array.new_default $b (local.get 0))))
    (func (export "quads") (param i32) (drop (array.new $q (i64.const 1) (local.get 0))))
    (func (export "vectors") (param i32) (drop (array.new_default $v (local.get 0))))
    (func (export "data") (param i32) (drop (array.new_data $b $d (i32.const 0) (local.get 0)))))`)
  const sizes = { bytes: 1, quads: 8, vectors: 16, data: 1 }
  for (const [name, size] of Object.entries(sizes)) {
    test(name, () => {
      const metered = new Metered(bytes, {}, { ...RULES, memoryMaxBytes: PAGE })
      const most = PAGE / size
      const { outcome } = metered.call(name, most)
      assert.match(String(outcome), name === 'data' ? /data segment|out of bounds/ : /undefined/)
      assert.equal(metered.refusedPages, 0n)
      const { outcome: refused, used } = metered.call(name, most + 1)
      assert.equal(refused, 'trap: unreachable')
      assert.ok(used < 100n, 'what is refused is not paid by its size')
      assert.equal(metered.refusedPages, 2n)
      assert.equal(metered.call(name, -1).outcome, 'trap: unreachable')
      assert.equal(metered.refusedPages, BigInt(Math.ceil(((2 ** 32 - 1) * size) / PAGE)))
      assert.equal(call(metered.exports, name, 0), undefined)
    })
  }
})

test('a module that grows beyond the limit while it is rewritten is refused where that shows', () => {
  const info = readModule(assemble('(module (func (drop (i32.const 1))) (func (drop (i32.const 2))))'))
  const types = planTypes(info)
  const helpers = planHelpers(info, planCaps(info, RULES), types, RULES)
  const write = (most?: number) => writeCode(new ByteWriter(), { info, helpers, types }, most)
  const first = info.code.offsets[1] as number
  assert.ok(write().codeEnd < 200)
  const error = fails('ERR_WASM_LIMIT', () => write(60))
  assert.deepEqual([error.data['limit'], error.data['offset']], [60, first])
  assert.ok(MODULE_LIMITS.rewrittenBytes >= 2 * MODULE_LIMITS.moduleBytes)
})
