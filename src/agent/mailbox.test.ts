import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { completeDraft } from '../core/index.ts'
import type { Letter } from './mailbox.ts'
import { Mailbox } from './mailbox.ts'

const letter = (index: number): Letter => ({
  message: completeDraft({ performative: 'inform', receiver: 'a' }, 'b', `m-${index}`),
  bytes: index % 7,
})
const sum = (letters: readonly Letter[]) => letters.reduce((total, { bytes }) => total + bytes, 0)

test('a mailbox behaves as a plain list does', () => {
  const step = fc.oneof(
    { weight: 20, arbitrary: fc.nat(400).map((count) => ({ do: 'push' as const, count })) },
    { weight: 20, arbitrary: fc.nat(400).map((count) => ({ do: 'shift' as const, count })) },
    { weight: 1, arbitrary: fc.constant({ do: 'takeAll' as const, count: 1 }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
      const mailbox = new Mailbox()
      let model: Letter[] = []
      let made = 0
      for (const { do: action, count } of steps) {
        for (let turn = 0; turn < count; turn += 1) {
          if (action === 'push') {
            made += 1
            const next = letter(made)
            mailbox.push(next)
            model.push(next)
          } else if (action === 'shift') assert.equal(mailbox.shift(), model.shift())
          else {
            assert.deepEqual(mailbox.takeAll(), model)
            model = []
          }
        }
        assert.equal(mailbox.size, model.length)
        assert.equal(mailbox.bytes, sum(model))
      }
    }),
    { numRuns: 40 },
  )
})
