import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { FewNamed, FewTexts, FewThings } from './few.ts'

const text = fc.constantFrom<string[]>('a', 'b', 'c', 'd')

suite('few', () => {
  for (const Few of [FewTexts, FewThings<string>]) {
    test(`what is in ${Few.name} is what a set has, in its order`, () => {
      const step = fc.record({ kind: fc.constantFrom('add', 'delete'), text })
      fc.assert(
        fc.property(fc.array(step), (steps) => {
          const few = new Few()
          const set = new Set<string>()
          for (const { kind, text: one } of steps) {
            few[kind as 'add'](one)
            set[kind as 'add'](one)
            assert.equal(few.has(one), set.has(one))
            assert.equal(few.size, set.size)
          }
          assert.deepEqual([...few], [...set])
        }),
      )
    })
  }

  test('named values are what a map has, in its order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer())), (entries) => {
        const few = new FewNamed(entries)
        const map = new Map(entries)
        assert.deepEqual([...few], [...map])
        assert.deepEqual([...few.values()], [...map.values()])
        for (const name of 'abcd') assert.equal(few.get(name), map.get(name))
        assert.equal(few.size, map.size)
      }),
    )
  })

  test('none of one is none of another', () => {
    const [first, second] = [new FewTexts(), new FewTexts()]
    first.add('a')
    assert.deepEqual([...second], [])
    assert.deepEqual([...new FewTexts()], [])
  })
})
