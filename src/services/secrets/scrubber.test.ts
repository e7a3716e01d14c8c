import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPatterns, Scrubber, scrubText } from './scrubber.ts'

/** What a scrubber must answer, found the slow way. */
function scrubSlowly(bytes: Buffer, patterns: readonly Buffer[]): Buffer {
  const clean = Buffer.from(bytes)
  for (const pattern of patterns) {
    for (let at = 0; at + pattern.length <= bytes.length; at += 1) {
      if (bytes.subarray(at, at + pattern.length).equals(pattern)) clean.fill('*', at, at + pattern.length)
    }
  }
  return clean
}

/** Few letters, so that patterns overlap themselves and each other. */
const letters = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom('a', 'b', '*'), { minLength, maxLength }).map((parts) => Buffer.from(parts.join('')))

test('finds every pattern wherever the stream is cut, and changes no length', () => {
  fc.assert(
    fc.property(
      fc.array(letters(1, 6), { minLength: 1, maxLength: 4 }),
      letters(0, 60),
      fc.array(fc.nat(20), { maxLength: 20 }),
      (patterns, bytes, cuts) => {
        const scrubber = new Scrubber(patterns)
        const pieces: Buffer[] = []
        let at = 0
        for (const cut of cuts) {
          pieces.push(scrubber.push(bytes.subarray(at, at + cut)))
          at += cut
        }
        pieces.push(scrubber.push(bytes.subarray(at)), scrubber.end())
        assert.equal(Buffer.concat(pieces).toString(), scrubSlowly(bytes, patterns).toString())
      },
    ),
    { numRuns: 3_000 },
  )
})

test('finds a secret in base64 of any text around it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (before, after) => {
      const secret = 'a secret value'
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        const text = Buffer.from(before + secret + after).toString(encoding)
        const scrubbed = Buffer.from(scrubText(text, createPatterns([secret])).replaceAll('*', 'A'), encoding).toString(
          'latin1',
        )
        assert.ok(!scrubbed.includes('secret'), `${text} ${scrubbed}`)
      }
    }),
    { numRuns: 500 },
  )
})

test('passes bytes through untouched where there is nothing to find', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const scrubber = new Scrubber(createPatterns(['never in there, certainly']))
      assert.deepEqual(Buffer.concat([scrubber.push(bytes), scrubber.end()]), Buffer.from(bytes))
    }),
  )
})
