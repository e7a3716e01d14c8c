import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { isCaxtonError } from './errors.ts'
import { formatBytes, formatCount, formatDurationMs, parseBytes, parseCount, parseDurationMs } from './units.ts'

describe('parsing', () => {
  const taken = [
    { parse: parseBytes, text: '0B', value: 0 },
    { parse: parseBytes, text: '7B', value: 7 },
    { parse: parseBytes, text: '16MiB', value: 16 * 2 ** 20 },
    { parse: parseBytes, text: '1.5 KiB', value: 1_536 },
    { parse: parseBytes, text: '2GB', value: 2e9 },
    { parse: parseDurationMs, text: '250ms', value: 250 },
    { parse: parseDurationMs, text: '1.5s', value: 1_500 },
    { parse: parseDurationMs, text: '2h', value: 7_200_000 },
    { parse: parseCount, text: '1000', value: 1_000 },
    { parse: parseCount, text: '50M', value: 50e6 },
  ] as const
  for (const { parse, text, value } of taken) {
    test(`${parse.name} takes ${text}`, () => assert.equal(parse(text), value))
  }

  test('a number has the smallest unit', () => {
    assert.deepEqual([parseBytes(512), parseDurationMs(250), parseCount(7)], [512, 250, 7])
    assert.deepEqual([parseCount('1000'), parseCount('50M'), parseCount('0')], [1_000, 50e6, 0])
  })

  const refused = [
    ...[
      '',
      ' ',
      '-1B',
      '1 ',
      '1e3B',
      '0x10B',
      '1.B',
      '.5B',
      '1,5B',
      '1  B',
      '1XB',
      '1mib',
      'B',
      'NaN',
      '10',
      '5__proto__',
    ],
    ...['1toString', '9007199254740993GiB', '\n1B'],
  ]
  for (const text of refused) {
    test(`parseBytes refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseBytes(text),
        (error) => isCaxtonError(error, 'ERR_CONFIG_INVALID') && error.message.includes(JSON.stringify(text)),
      )
    })
  }

  test('numbers that are none are refused', () => {
    for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      for (const parse of [parseBytes, parseDurationMs, parseCount]) {
        assert.throws(
          () => parse(value),
          (error) => isCaxtonError(error, 'ERR_CONFIG_INVALID'),
        )
      }
    }
  })

  test('whatever is parsed is a whole number that is not negative', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.tuple(fc.nat(), fc.constantFrom('B', 'KiB', 'ms', 's', 'K', 'x', ''))),
        (made) => {
          const text = typeof made === 'string' ? made : made.join('')
          for (const parse of [parseBytes, parseDurationMs, parseCount]) {
            try {
              const value = parse(text)
              assert.ok(Number.isSafeInteger(value) && value >= 0)
            } catch (error) {
              assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'))
            }
          }
        },
      ),
    )
  })
})

describe('formatting', () => {
  test('bytes', () => {
    assert.deepEqual([0, 1_023, 1_024, 1_536, 65_536, 2 ** 20, 1.5 * 2 ** 30].map(formatBytes), [
      '0 B',
      '1023 B',
      '1.00 KiB',
      '1.50 KiB',
      '64.0 KiB',
      '1.00 MiB',
      '1.50 GiB',
    ])
  })

  test('counts', () => {
    assert.deepEqual([0, 9_999, 12_345, 999_999, 12_345_678, 5e9].map(formatCount), [
      '0',
      '9999',
      '12.3K',
      '1000K',
      '12.3M',
      '5.00G',
    ])
  })

  test('durations', () => {
    assert.deepEqual([0.5, 12.34, 250, 4_560].map(formatDurationMs), ['0.50 ms', '12.3 ms', '250 ms', '4.56 s'])
  })

  test('a formatted size parses to about itself', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (bytes) => {
        const again = parseBytes(formatBytes(bytes))
        assert.ok(Math.abs(again - bytes) <= Math.max(1, bytes * 0.01))
      }),
    )
  })
})
