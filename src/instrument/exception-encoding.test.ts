import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { isCaxtonError } from '../core/index.ts'
import { instrumentModule } from './index.ts'

const RULES = { memoryMaxBytes: 2 ** 20, tableMaxElements: 100 }
const LEGACY = '(func (try (do) (catch_all)))'
const NEW = '(func (block $done (try_table (catch_all $done))))'
const THROW_REF = '(func (throw_ref (ref.null exn)))'

function isRefused(wat: string): boolean {
  const module = binaryen.parseText(`(module ${wat})`)
  module.setFeatures(binaryen.Features.All)
  try {
    instrumentModule(Uint8Array.from(module.emitBinary()), RULES)
    return false
  } catch (error) {
    assert.ok(isCaxtonError(error, 'ERR_INSTRUMENT_OPCODE_REFUSED'), String(error))
    assert.ok(Number(error.data['offset']) > 0)
    return true
  }
}

const MODULES = [
  { name: 'legacy handlers alone', wat: `${LEGACY} ${LEGACY}`, refused: false },
  { name: 'new handlers alone', wat: `${NEW} ${THROW_REF}`, refused: false },
  { name: 'legacy, then new handlers', wat: `${LEGACY} ${NEW}`, refused: true },
  { name: 'new, then legacy handlers', wat: `${NEW} ${LEGACY}`, refused: true },
  { name: 'a legacy handler beside throw_ref', wat: `${THROW_REF} ${LEGACY}`, refused: true },
  { name: 'a legacy handler beside a global exnref', wat: `(global exnref (ref.null exn)) ${LEGACY}`, refused: true },
  { name: 'a legacy handler beside an exnref parameter', wat: `(func (param exnref)) ${LEGACY}`, refused: true },
]

for (const { name, wat, refused } of MODULES) {
  test(`${name}: ${refused ? 'refused' : 'taken'}, at every attempt`, () => {
    for (let count = 0; count < 20; count += 1) assert.equal(isRefused(wat), refused)
  })
}
