import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { GuestMemory } from '../../capability/index.ts'
import { encodeMessage, MessageWriter } from './message-writer.ts'

const PAGE = 65_536
const GUARD = 0xaa

function createWriter(pages = 1) {
  const raw = new WebAssembly.Memory({ initial: pages })
  const memory = new GuestMemory(raw)
  return { raw, memory, writer: new MessageWriter(memory) }
}

const texts = fc.string({ unit: 'binary', maxLength: 40 })
const headers = fc.dictionary(fc.constantFrom('sender', 'receiver', 'x'), texts).map((fields) => JSON.stringify(fields))
const contents = fc.option(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  { nil: undefined },
)

describe('a message in the memory of a guest', () => {
  test('is the one that is joined first, and nothing beside it', () => {
    const { raw, writer } = createWriter()
    fc.assert(
      fc.property(headers, contents, fc.nat(64), (header, content, pointer) => {
        const expected = encodeMessage({ header, content })
        const length = writer.begin({ header, content })
        const bytes = new Uint8Array(raw.buffer).fill(GUARD)
        writer.write(pointer)
        assert.equal(length, expected.length)
        assert.deepEqual(bytes.slice(pointer, pointer + length), new Uint8Array(expected))
        assert.ok(
          [...bytes.subarray(0, pointer), ...bytes.subarray(pointer + length, PAGE)].every((byte) => byte === GUARD),
        )
      }),
      { numRuns: 50 },
    )
  })

  test('ends at the end of the memory, and stands in pages that came later', () => {
    const { raw, memory, writer } = createWriter()
    const message = { header: '{"sender":"a"}', content: '"é"' }
    const length = writer.begin(message)
    writer.write(PAGE - length)
    assert.equal(memory.readText(PAGE - length, length), '{"sender":"a","content":"é"}')
    writer.begin(message)
    raw.grow(1)
    writer.write(2 * PAGE - length)
    assert.equal(memory.readText(2 * PAGE - length, length), '{"sender":"a","content":"é"}')
  })
})
