import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ErrorCode } from './errors.ts'
import { asCaxtonError, CaxtonError, ERRORS, EXIT_CODES, isCaxtonError } from './errors.ts'

const CODES = Object.keys(ERRORS) as ErrorCode[]

describe('the table', () => {
  for (const code of CODES) {
    test(`${code} has a form, a kind, a status and a sentence`, () => {
      const { kind, status, message } = ERRORS[code]
      assert.match(code, /^ERR_[A-Z]+(?:_[A-Z]+)*$/)
      assert.ok(kind in EXIT_CODES)
      assert.ok(Number.isInteger(status) && status >= 400 && status < 600)
      assert.match(message, /^[A-Z][^\n]*[^.\s]$/)
    })
  }

  test('no two codes have the same sentence', () => {
    const sentences = CODES.map((code) => ERRORS[code].message)
    assert.equal(new Set(sentences).size, sentences.length)
  })

  test('callers and the denied are never blamed on the server', () => {
    for (const code of CODES) {
      const { kind, status } = ERRORS[code]
      if (kind === 'caller' || kind === 'denied') assert.ok(status < 500, code)
      if (kind === 'system') assert.ok(status >= 500, code)
    }
  })

  test('exit codes differ by kind and none means success', () => {
    const exits = Object.values(EXIT_CODES)
    assert.equal(new Set(exits).size, exits.length)
    assert.ok(exits.every((exit) => exit > 0 && exit < 126))
  })
})

describe('CaxtonError', () => {
  test('its message is the sentence, with the detail after a colon', () => {
    assert.equal(new CaxtonError('ERR_GUEST_TRAP').message, 'Guest trapped')
    assert.equal(new CaxtonError('ERR_GUEST_TRAP', { detail: 'at 0x2a' }).message, 'Guest trapped: at 0x2a')
  })

  test('it carries code, kind, status, exit code, facts and cause', () => {
    const cause = new TypeError('x')
    const error = new CaxtonError('ERR_LIMIT_FUEL', { data: { limit: 5 }, cause })
    assert.deepEqual(
      [error.name, error.code, error.kind, error.status, error.exitCode, error.detail],
      ['CaxtonError', 'ERR_LIMIT_FUEL', 'limit', 429, 69, undefined],
    )
    assert.deepEqual(error.data, { limit: 5 })
    assert.equal(error.cause, cause)
  })

  test('as data it survives structured clone and JSON', () => {
    const error = new CaxtonError('ERR_WASM_MALFORMED', { detail: 'no magic', data: { offset: 0, found: ['a', 1] } })
    for (const data of [structuredClone(error.toData()), JSON.parse(JSON.stringify(error.toData()))]) {
      const again = CaxtonError.fromData(data)
      assert.deepEqual([again.code, again.message, again.data], [error.code, error.message, error.data])
    }
  })

  test('data without a detail has none again', () => {
    const data = new CaxtonError('ERR_GUEST_TRAP').toData()
    assert.deepEqual(data, { code: 'ERR_GUEST_TRAP', data: {} })
    assert.equal(CaxtonError.fromData(data).detail, undefined)
  })
})

test('errors are matched by code', () => {
  const error: unknown = new CaxtonError('ERR_GUEST_TRAP')
  assert.ok(isCaxtonError(error))
  assert.ok(isCaxtonError(error, 'ERR_GUEST_TRAP'))
  assert.ok(!isCaxtonError(error, 'ERR_GUEST_EXIT'))
  assert.ok(!isCaxtonError({ code: 'ERR_GUEST_TRAP' }))
  assert.ok(!isCaxtonError(null))
})

test('whatever else was thrown becomes ERR_INTERNAL with its cause', () => {
  const own = new CaxtonError('ERR_GUEST_TRAP')
  assert.equal(asCaxtonError(own), own)
  const foreign = new TypeError('broken')
  assert.deepEqual(
    [asCaxtonError(foreign).code, asCaxtonError(foreign).detail, asCaxtonError(foreign).cause],
    ['ERR_INTERNAL', 'broken', foreign],
  )
  for (const value of [undefined, null, 'text', 7, Symbol('s')]) {
    assert.equal(asCaxtonError(value).code, 'ERR_INTERNAL')
    assert.equal(asCaxtonError(value).detail, String(value))
  }
})
