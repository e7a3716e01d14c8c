import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { DelegationState, Grants } from '../../capability/index.ts'
import { DELEGATION_STATES, NO_GRANTS } from '../../capability/index.ts'
import type { ErrorCode } from '../../core/index.ts'
import { HOST_LIMITS, isCaxtonError } from '../../core/index.ts'
import { DelegationBook } from './delegation-book.ts'

const AGENTS: Readonly<Record<string, Grants>> = {
  a: { ...NO_GRANTS, tools: ['s/*'] },
  b: NO_GRANTS,
  c: NO_GRANTS,
  d: NO_GRANTS,
}

class World {
  readonly gone = new Set<string>()
  readonly book = new DelegationBook({
    grantsOf: (agent) => (this.gone.has(agent) ? null : (AGENTS[agent] ?? null)),
  })

  give(giver: string, holder: string, value: readonly string[], source: string | null = null): string {
    return this.book.delegate({ giver, holder, grant: 'tools', value, written: value, source })
  }

  uses(agent: string, handle: string): readonly string[] | ErrorCode {
    try {
      return this.book.use(agent, handle).value as readonly string[]
    } catch (error) {
      return isCaxtonError(error) ? error.code : 'ERR_INTERNAL'
    }
  }
}

function refused(code: ErrorCode) {
  return (error: unknown) => isCaxtonError(error, code)
}

suite('a delegation', () => {
  test('allows its holder what was passed on, and nobody else', () => {
    const one = new World()
    const handle = one.give('a', 'b', ['s/x'])
    assert.deepEqual(one.uses('b', handle), ['s/x'])
    assert.equal(one.uses('a', handle), 'ERR_DELEGATION_UNUSABLE')
    assert.equal(one.uses('c', handle), 'ERR_DELEGATION_UNUSABLE')
    assert.equal(one.uses('b', 'g99'), 'ERR_DELEGATION_UNUSABLE')
  })

  test('is never wider than what it is made of', () => {
    const world = new World()
    assert.throws(() => world.give('a', 'b', ['t/x']), refused('ERR_DELEGATION_WIDER'))
    assert.throws(() => world.give('a', 'b', []), refused('ERR_DELEGATION_WIDER'))
    assert.throws(() => world.give('b', 'c', ['s/x']), refused('ERR_DELEGATION_WIDER'))
    const handle = world.give('a', 'b', ['s/x', 's/y'])
    assert.throws(() => world.give('b', 'c', ['s/z'], handle), refused('ERR_DELEGATION_WIDER'))
    assert.throws(() => world.give('c', 'd', ['s/x'], handle), refused('ERR_DELEGATION_UNUSABLE'))
    assert.deepEqual(world.uses('c', world.give('b', 'c', ['s/y'], handle)), ['s/y'])
  })

  test('goes to an agent that runs and is another one', () => {
    const world = new World()
    world.gone.add('c')
    for (const holder of ['a', 'c', 'nobody']) {
      assert.throws(() => world.give('a', holder, ['s/x']), refused('ERR_DELEGATION_HOLDER'))
    }
  })

  test('rests with everything made of it while it is paused, and ends for good when it is revoked', () => {
    const world = new World()
    const first = world.give('a', 'b', ['s/*'])
    const second = world.give('b', 'c', ['s/x'], first)
    world.book.setState('a', first, 'paused')
    assert.equal(world.uses('c', second), 'ERR_DELEGATION_UNUSABLE')
    assert.throws(() => world.give('b', 'd', ['s/x'], first), refused('ERR_DELEGATION_UNUSABLE'))
    world.book.setState('a', first, 'active')
    assert.deepEqual(world.uses('c', second), ['s/x'])
    world.book.setState('a', second, 'revoked')
    assert.equal(world.uses('c', second), 'ERR_DELEGATION_UNUSABLE')
    assert.throws(() => world.book.setState('a', second, 'active'), refused('ERR_DELEGATION_UNUSABLE'))
    assert.deepEqual(world.uses('b', first), ['s/*'])
  })

  test('is changed by those above it; its holder can only give it back', () => {
    const world = new World()
    const handle = world.give('a', 'b', ['s/x'])
    for (const agent of ['c', 'd']) {
      assert.throws(() => world.book.setState(agent, handle, 'revoked'), refused('ERR_DELEGATION_UNUSABLE'))
    }
    assert.throws(() => world.book.setState('b', handle, 'paused'), refused('ERR_DELEGATION_UNUSABLE'))
    world.book.setState('b', handle, 'revoked')
    const other = world.give('a', 'b', ['s/x'])
    world.book.setState(null, other, 'paused')
    assert.equal(world.uses('b', other), 'ERR_DELEGATION_UNUSABLE')
  })

  test('shows its chain', () => {
    const world = new World()
    const first = world.give('a', 'b', ['s/*'])
    const second = world.give('b', 'c', ['s/x'], first)
    world.uses('c', second)
    world.book.setState(null, first, 'paused')
    const [, info] = world.book.list()
    assert.deepEqual(info, {
      handle: second,
      grant: 'tools',
      written: ['s/x'],
      giver: 'b',
      holder: 'c',
      state: 'active',
      isUsable: false,
      chain: [first, second],
      timesUsed: 1,
    })
  })

  test('ends with its giver, its holder, and anybody above', () => {
    for (const [agent, left] of [
      ['a', 0],
      ['b', 0],
      ['c', 1],
    ] as const) {
      const world = new World()
      world.give('b', 'c', ['s/x'], world.give('a', 'b', ['s/x']))
      world.book.endAgent(agent)
      assert.equal(world.book.list().length, left, agent)
    }
  })

  test('is one of a bounded number, in a bounded chain', () => {
    const world = new World()
    for (let count = 0; count < HOST_LIMITS.delegationsPerAgent; count += 1) world.give('a', 'b', ['s/x'])
    assert.throws(() => world.give('a', 'b', ['s/x']), refused('ERR_LIMIT_DELEGATIONS'))
    const deep = new World()
    let [handle, giver, holder] = [deep.give('a', 'b', ['s/x']), 'b', 'c']
    for (let depth = 1; depth < HOST_LIMITS.delegationDepth; depth += 1) {
      handle = deep.give(giver, holder, ['s/x'], handle)
      ;[giver, holder] = [holder, giver]
    }
    assert.throws(() => deep.give(giver, holder, ['s/x'], handle), refused('ERR_LIMIT_DELEGATIONS'))
  })

  test('never allows a tool that its first giver does not, whatever is done', () => {
    const agent = fc.constantFrom('a', 'b', 'c', 'd')
    const tool = fc.constantFrom('s/x', 's/y', 's/*', 't/x', 't/*')
    const handle = fc.integer({ min: 1, max: 12 }).map((number) => `g${number}`)
    const step = fc.oneof(
      fc.record({ kind: fc.constant('give' as const), agent, to: agent, tool, from: fc.option(handle) }),
      fc.record({ kind: fc.constant('set' as const), agent, handle, state: fc.constantFrom(...DELEGATION_STATES) }),
      fc.record({ kind: fc.constant('end' as const), agent: fc.constantFrom('b', 'c', 'd') }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World()
        const revoked = new Set<string>()
        for (const taken of steps) {
          const before = new Map(world.book.list().map((info) => [info.handle, info]))
          apply(world, taken)
          const after = new Set(world.book.list().map((info) => info.handle))
          for (const known of before.keys()) if (!after.has(known)) revoked.add(known)
          for (const info of world.book.list()) {
            assert.ok(!revoked.has(info.handle), 'what was revoked is back')
            assert.ok(!info.chain.some((link) => revoked.has(link)), 'the source was revoked')
            const used = world.uses(info.holder, info.handle)
            assert.equal(typeof used !== 'string', info.isUsable)
            if (typeof used !== 'string') for (const entry of used) assert.match(entry, /^s\//)
          }
        }
      }),
    )
  })
})

type Step =
  | {
      readonly kind: 'give'
      readonly agent: string
      readonly to: string
      readonly tool: string
      readonly from: string | null
    }
  | { readonly kind: 'set'; readonly agent: string; readonly handle: string; readonly state: DelegationState }
  | { readonly kind: 'end'; readonly agent: string }

function apply(world: World, step: Step): void {
  try {
    if (step.kind === 'give') world.give(step.agent, step.to, [step.tool], step.from)
    else if (step.kind === 'set') world.book.setState(step.agent, step.handle, step.state)
    else world.book.endAgent(step.agent)
  } catch (error) {
    assert.ok(isCaxtonError(error), String(error))
  }
}
