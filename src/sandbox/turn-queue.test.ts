import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { Scheduling } from '../core/index.ts'
import { DEFAULT_SCHEDULING } from '../core/index.ts'
import { Turn, TurnQueue } from './turn-queue.ts'

/** Fuel of two turns. */
const HEAD_START = 200

function createTurn(name: string, scheduling: Partial<Scheduling> = {}): Turn<string> {
  return new Turn(name, { ...DEFAULT_SCHEDULING, ...scheduling })
}

/** Takes so many turns; each uses `fuel` and waits again. */
function run(queue: TurnQueue<string>, count: number, fuel: (name: string) => number = () => 100): string[] {
  return Array.from({ length: count }, () => {
    const turn = queue.take()!
    queue.charge(turn, fuel(turn.owner))
    queue.add(turn)
    return turn.owner
  })
}

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

function fill(...turns: Turn<string>[]): TurnQueue<string> {
  const queue = new TurnQueue<string>(HEAD_START)
  for (const turn of turns) queue.add(turn)
  return queue
}

suite('turns', () => {
  test('of equals alternate', () => {
    const queue = fill(createTurn('a'), createTurn('b'), createTurn('c'))
    assert.equal(run(queue, 9).join(''), 'abcabcabc')
  })

  test('go to whoever has used less', () => {
    const queue = fill(createTurn('long'), createTurn('short'))
    const taken = count(run(queue, 400, (name) => (name === 'long' ? 300 : 100)))
    assert.deepEqual(taken, { long: 100, short: 300 })
  })

  test('share fuel in proportion to weight', () => {
    const queue = fill(createTurn('one', { weight: 100 }), createTurn('three', { weight: 300 }))
    const { one, three } = count(run(queue, 4_000))
    assert.ok(Math.abs(three! / one! - 3) < 0.01)
  })

  test('of what is new come before those of what has run', () => {
    const queue = fill(...Array.from({ length: 100 }, (_, index) => createTurn(`spinner-${index}`)))
    run(queue, 1_050)
    const fresh = createTurn('fresh')
    queue.add(fresh)
    assert.equal(queue.take(), fresh)
  })

  test('of what is short come next, again and again', () => {
    const queue = fill(...Array.from({ length: 100 }, (_, index) => createTurn(`spinner-${index}`)))
    run(queue, 300)
    const short = createTurn('short')
    for (let round = 0; round < 50; round += 1) {
      run(queue, 7)
      queue.add(short)
      const taken = run(queue, 3, (name) => (name === 'short' ? 1 : 100))
      assert.ok(taken.includes('short'))
      queue.remove(short)
    }
  })

  test('are not saved up by pausing, beyond the head start', () => {
    const [a, b] = [createTurn('a'), createTurn('b')]
    const queue = fill(a, b)
    queue.remove(b)
    run(queue, 1_000)
    queue.add(b)
    assert.equal(run(queue, 10).join(''), 'bbbabababa'.slice(0, 10))
  })

  test('that were used are not forgotten by pausing', () => {
    const [a, b] = [createTurn('a'), createTurn('b')]
    const queue = fill(a, b)
    run(queue, 2, (name) => (name === 'b' ? 1_000 : 100))
    queue.remove(b)
    queue.add(b)
    assert.equal(run(queue, 9).join(''), 'aaaaaaaaa')
  })

  test('of a higher priority come first, and the others never wait for ever', () => {
    const queue = fill(
      createTurn('low', { priority: 'low' }),
      createTurn('normal'),
      createTurn('high', { priority: 'high' }),
    )
    const taken = run(queue, 1_700)
    assert.equal(taken[0], 'high')
    const { high, normal, low } = count(taken)
    assert.ok(high! > 1_450 && normal! >= 90 && low! >= 90, `${high} ${normal} ${low}`)
  })

  test('are taken in the order of a plain model, whatever comes and goes', () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'take', 'remove'), turn: fc.nat(9), fuel: fc.nat(1_000) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const turns = Array.from({ length: 10 }, (_, index) => createTurn(`${index}`, { weight: 1 + index }))
        const queue = new TurnQueue<string>(HEAD_START)
        const waiting = new Set<Turn<string>>()
        for (const { kind, turn: index, fuel } of steps) {
          const turn = turns[index]!
          if (kind === 'add') {
            queue.add(turn)
            waiting.add(turn)
          } else if (kind === 'remove') {
            queue.remove(turn)
            waiting.delete(turn)
          } else {
            const [expected] = [...waiting].sort((a, b) => a.time - b.time || a.order - b.order)
            const taken = queue.take()
            assert.equal(taken, expected)
            if (taken === undefined) continue
            waiting.delete(taken)
            queue.charge(taken, fuel)
          }
          assert.equal(queue.size, waiting.size)
        }
      }),
    )
  })
})
