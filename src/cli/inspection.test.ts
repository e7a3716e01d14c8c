import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Inspection } from '../index.ts'
import { renderGrants, renderInspection } from './inspection.ts'
import { NO_PAINT } from './paint.ts'

const INSPECTION: Inspection = {
  bytes: 1_024,
  digest: 'ab',
  imports: [
    {
      module: 'caxton',
      name: 'log',
      kind: 'function',
      type: '(i32) -> i32',
      offeredBy: 'caxton',
      grant: 'log',
      uses: null,
    },
    { module: 'env', name: '\x1b[2J', kind: 'memory', type: '', offeredBy: null, grant: null, uses: null },
  ],
  exports: [{ name: 'memory', kind: 'memory', type: '' }],
  memories: [{ initial: 2, maximum: null }],
  tables: [{ element: 'funcref', initial: 1, maximum: 5 }],
  features: ['mvp'],
  producers: [{ field: 'language', name: 'C', version: '' }],
  doors: [{ name: 'caxton', problem: "door 'caxton' needs a function 'handle_message'" }],
  grants: [
    { name: 'log', example: 'log = "info"', sentence: 'May log.', isRequired: true, imports: ['caxton.log'] },
    {
      name: 'clock',
      example: 'clock = "1ms"',
      sentence: 'May read it.',
      isRequired: false,
      imports: ['w.clock_time_get'],
    },
  ],
  refusals: [{ code: 'ERR_INSTRUMENT_IMPORT_REFUSED', detail: 'memory "\x1b[2J"' }],
}

const SCREEN = { columns: 100, paint: NO_PAINT }

test('an inspection shows facts, imports, exports and refusals, with names escaped', () => {
  assert.deepEqual(renderInspection(INSPECTION, 'x.wasm', SCREEN), [
    'x.wasm',
    '  size       1.00 KiB (1024 bytes)',
    '  SHA-256    ab',
    '  door       none',
    '  memories   128 KiB, no maximum of its own',
    '  tables     funcref 1, at most 5',
    '  features   mvp',
    '  producers  C',
    '  grants     log = "info"',
    '  could use  clock',
    '',
    'imports (2)',
    '  caxton.log     (i32) -> i32  offered             needs grant log',
    '  env.\\u{1b}[2J  memory        nobody offers this',
    '',
    'exports (1)',
    '  memory  memory',
    '',
    'why it fits no door',
    "  caxton: door 'caxton' needs a function 'handle_message'",
    '',
    'would be refused',
    '  ✗ ERR_INSTRUMENT_IMPORT_REFUSED: memory "\\u{1b}[2J"',
  ])
})

test('a module that fits a door and lacks nothing is said to be taken', () => {
  const doors = [{ name: 'caxton', problem: null }]
  const lines = renderInspection({ ...INSPECTION, doors, refusals: [] }, 'x.wasm', SCREEN)
  assert.equal(lines.at(-1), 'nothing would be refused, given the grants above')
  assert.ok(!lines.includes('why it fits no door'))
})

test('a module with very many exports is cut, and says so', () => {
  const exports = Array.from({ length: 5_000 }, (_, index) => ({
    name: `f${index}`,
    kind: 'function',
    type: '() -> ()',
  }))
  const lines = renderInspection({ ...INSPECTION, exports }, 'x.wasm', SCREEN)
  assert.ok(lines.includes('exports (5000)'))
  assert.ok(lines.includes('  … 4800 more (--json shows all)'))
})

test('the grants of an inspection are told with the imports that ask for them', () => {
  assert.deepEqual(renderGrants(INSPECTION, 'x.wasm', SCREEN), [
    'x.wasm',
    '  log: refused without it',
    '    May log.',
    '    imports caxton.log',
    '  clock: runs without it, and gets less',
    '    May read it.',
    '    imports w.clock_time_get',
    '',
    'least to start: grants = { log = "info" }',
  ])
  assert.deepEqual(renderGrants({ ...INSPECTION, grants: [] }, 'x.wasm', SCREEN), ['x.wasm', 'needs no grant to start'])
})
