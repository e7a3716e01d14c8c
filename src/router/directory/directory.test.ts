import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DIRECTORY_LIMITS, HOST_LIMITS } from '../../core/index.ts'
import { Store } from '../../store/index.ts'
import type { OfferChange } from './directory.ts'
import { Directory } from './directory.ts'
import type { OfferTerms } from './offer.ts'
import type { KeptOffer } from './offer-journal.ts'
import { OfferJournal } from './offer-journal.ts'

const any = () => true

/** A directory with a clock of its own, what it keeps, and what it told. */
function createDirectory(kept: readonly KeptOffer[] = []) {
  const clock = { now: 1_000 }
  const journal = new Map(kept.map((offer) => [`${offer.agent} ${offer.capability}`, offer]))
  const told: OfferChange[] = []
  const directory = new Directory({
    clock: { nowMs: () => clock.now },
    journal: {
      put: (offer) => void journal.set(`${offer.agent} ${offer.capability}`, offer),
      drop: (agent, capability) => void journal.delete(`${agent} ${capability}`),
      offers: () => [...journal.values()],
    },
    onChange: (change) => told.push(change),
  })
  const pass = (ms: number) => {
    clock.now += ms
    directory.runDeadlines()
  }
  return { directory, journal, told, clock, pass }
}

/** A directory in which agents run that offer `count`. */
function withAgents(...agents: readonly string[]): Directory {
  const { directory } = createDirectory()
  for (const agent of agents) {
    directory.enter(agent, any)
    directory.register(agent, 'count')
  }
  return directory
}

function terms(capability: string, said: Partial<OfferTerms> = {}): OfferTerms {
  return { capability, properties: {}, ontology: null, untilMs: null, ...said }
}

describe('turns', () => {
  test('agents take turns in the order in which they registered', () => {
    const directory = withAgents('a', 'b', 'c')
    assert.deepEqual(
      Array.from({ length: 7 }, () => directory.pick('count', any)),
      ['a', 'b', 'c', 'a', 'b', 'c', 'a'],
    )
  })

  test('whoever does not take is passed over and keeps its place in the round', () => {
    const directory = withAgents('a', 'b', 'c')
    assert.equal(
      directory.pick('count', (agent) => agent !== 'a'),
      'b',
    )
    assert.equal(directory.pick('count', any), 'c')
    assert.equal(directory.pick('count', any), 'a')
  })

  test('nobody is picked where nobody offers or takes', () => {
    const directory = withAgents('a')
    assert.equal(directory.pick('sort', any), null)
    assert.equal(
      directory.pick('count', () => false),
      null,
    )
  })

  test('registering twice changes nothing', () => {
    const directory = withAgents('a')
    assert.equal(directory.register('a', 'count'), null)
    assert.deepEqual(directory.agentsFor('count'), ['a'])
  })

  test('who leaves is never picked, and the turns of the others stay fair', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('join', 'leave', 'pick'), fc.nat(5))), (steps) => {
        const { directory } = createDirectory()
        const members = new Set<string>()
        for (const [action, index] of steps) {
          const agent = `a${index}`
          if (action === 'join') {
            directory.enter(agent, any)
            directory.register(agent, 'x')
            members.add(agent)
          } else if (action === 'leave') {
            directory.remove(agent)
            members.delete(agent)
          } else {
            const round = [...members].map(() => directory.pick('x', any))
            assert.deepEqual(new Set(round), members)
          }
        }
      }),
    )
  })
})

describe('the life of an offer', () => {
  test('what an agent offers while it starts is seen once it runs', async () => {
    const { directory, told } = createDirectory()
    directory.register('a', 'count')
    assert.deepEqual(directory.agentsFor('count'), [])
    assert.deepEqual((await directory.search({}, 9)).offers, [])
    directory.enter('a', any)
    assert.deepEqual(directory.agentsFor('count'), ['a'])
    assert.deepEqual(told, [{ before: null, after: { ...terms('count'), agent: 'a' }, cause: 'offered', by: null }])
  })

  test('offering again says something else in its place, without losing the turn', () => {
    const { directory, told } = createDirectory()
    for (const agent of ['a', 'b']) {
      directory.enter(agent, any)
      directory.register(agent, 'count')
    }
    assert.equal(directory.pick('count', any), 'a')
    directory.offer('a', terms('count', { properties: { fast: true } }))
    assert.deepEqual(directory.agentsFor('count'), ['a', 'b'])
    assert.equal(directory.pick('count', any), 'b')
    assert.deepEqual(told.at(-1)?.after?.properties, { fast: true })
    assert.deepEqual(told.at(-1)?.before?.properties, {})
  })

  test('offering the same again renews the lease and is told to nobody', () => {
    const { directory, told, pass } = createDirectory()
    directory.enter('a', any)
    directory.offer('a', terms('count', { untilMs: 1_100 }))
    pass(60)
    directory.offer('a', terms('count', { untilMs: 1_160 }))
    pass(60)
    assert.deepEqual(directory.agentsFor('count'), ['a'])
    assert.equal(told.length, 1)
    pass(40)
    assert.deepEqual(directory.agentsFor('count'), [])
    assert.deepEqual(
      told.map(({ cause }) => cause),
      ['offered', 'lapsed'],
    )
  })

  test('a capability that lapsed or was withdrawn can be registered again', () => {
    const { directory, pass } = createDirectory()
    directory.enter('a', any)
    directory.offer('a', terms('count', { untilMs: 1_100 }))
    pass(100)
    assert.equal(directory.register('a', 'count'), null)
    assert.deepEqual(directory.agentsFor('count'), ['a'])
    assert.equal(directory.withdraw('a', 'count'), true)
    assert.equal(directory.withdraw('a', 'count'), false)
    directory.register('a', 'count')
    assert.deepEqual(directory.agentsFor('count'), ['a'])
  })

  test('after a failure the next start says what the last one said, and what came later is offered again', () => {
    const { directory, told, journal } = createDirectory()
    directory.register('a', 'from-start')
    directory.enter('a', any)
    directory.offer('a', terms('later', { ontology: 'words' }))
    directory.leave('a')
    assert.deepEqual(directory.agentsFor('later'), [])
    assert.deepEqual(
      directory.offersOf('a').map(({ capability }) => capability),
      ['later'],
    )
    assert.deepEqual([...journal.keys()], ['a later'])
    directory.enter('a', any)
    assert.deepEqual(directory.agentsFor('from-start'), [])
    assert.deepEqual(directory.agentsFor('later'), ['a'])
    assert.deepEqual(
      told.map(({ cause, before, after }) => `${cause} ${(after ?? before)?.capability}`),
      ['offered from-start', 'offered later', 'ended from-start', 'ended later', 'offered later'],
    )
  })

  test('nothing is left of an agent that is gone for good', () => {
    const { directory, journal } = createDirectory()
    directory.register('a', 'from-start')
    directory.enter('a', any)
    directory.offer('a', terms('later', { untilMs: 5_000 }))
    directory.remove('a')
    assert.deepEqual([directory.size, journal.size, directory.offersOf('a')], [0, 0, []])
    directory.enter('a', any)
    assert.deepEqual(directory.agentsFor('later'), [])
  })

  test('a lease goes on while the agent does not run', () => {
    const { directory, journal, pass } = createDirectory()
    directory.enter('a', any)
    directory.offer('a', terms('count', { untilMs: 1_100 }))
    directory.leave('a')
    pass(100)
    assert.equal(journal.size, 0)
    directory.enter('a', any)
    assert.deepEqual(directory.agentsFor('count'), [])
  })
})

describe('what is kept', () => {
  const kept = (capability: string, said: Partial<KeptOffer> = {}): KeptOffer => ({
    ...terms(capability, said),
    agent: 'a',
    isFromStart: false,
    isSeen: true,
    ...said,
  })

  test('what was said at the start is not: the next start says it, or does not', () => {
    const { directory, journal } = createDirectory([kept('count', { isFromStart: true }), kept('sort')])
    directory.enter('a', any)
    assert.deepEqual([directory.agentsFor('count'), directory.agentsFor('sort')], [[], ['a']])
    assert.deepEqual([...journal.keys()], ['a sort'])
  })

  test('it shows what is offered now, and at the end what was', () => {
    const { directory, journal } = createDirectory([kept('sort')])
    const shown = () => [...journal.values()].map(({ capability, isSeen }) => `${capability} ${isSeen}`)
    assert.deepEqual(shown(), ['sort false'])
    directory.register('a', 'count')
    directory.enter('a', any)
    assert.deepEqual(shown(), ['sort true', 'count true'])
    directory.leave('a')
    assert.deepEqual(shown(), ['sort false'])
    directory.enter('a', any)
    directory.close()
    directory.remove('a')
    assert.deepEqual(shown(), ['sort true'])
  })

  test('an offer is there again when its agent runs, and gone if it lapsed meanwhile', () => {
    const { directory, journal } = createDirectory([kept('count'), kept('sort', { untilMs: 999 })])
    assert.deepEqual(directory.agentsFor('count'), [])
    directory.enter('a', any)
    assert.deepEqual(directory.agentsFor('count'), ['a'])
    assert.deepEqual(directory.agentsFor('sort'), [])
    assert.deepEqual([...journal.keys()], ['a count'])
  })

  test('what is no longer granted is dropped', () => {
    const { directory, journal } = createDirectory([kept('count'), kept('sort')])
    directory.enter('a', (capability) => capability === 'sort')
    assert.deepEqual([directory.agentsFor('count'), directory.agentsFor('sort')], [[], ['a']])
    assert.deepEqual([...journal.keys()], ['a sort'])
  })

  test('a start that says it again takes its place', () => {
    const { directory, journal } = createDirectory([kept('count', { ontology: 'old' })])
    directory.register('a', 'count')
    assert.equal(directory.offersOf('a')[0]?.ontology, 'old')
    directory.offer('a', terms('count', { ontology: 'new' }))
    directory.enter('a', any)
    assert.equal(directory.offersOf('a')[0]?.ontology, 'new')
    assert.equal(journal.get('a count')?.isFromStart, true)
  })

  test('a journal gives back what was put into it', () => {
    const store = {
      records: new Map<string, string>(),
      recordsOf: () => store.records,
      putRecord: (_area: string, key: string, text: string | null) => {
        if (text === null) store.records.delete(key)
        else store.records.set(key, text)
      },
    }
    const journal = new OfferJournal(store)
    const properties = JSON.parse('{"__proto__": 1, "constructor": "x", "ok": true}')
    journal.put(kept('count', { properties, ontology: 'o', untilMs: 7 }))
    journal.put(kept('sort'))
    journal.drop('a', 'sort')
    journal.drop('a', 'nothing')
    assert.deepEqual(journal.offers(), [kept('count', { properties, ontology: 'o', untilMs: 7 })])
    assert.ok(Object.hasOwn(journal.offers()[0]!.properties, '__proto__'))
  })

  test('a store in memory keeps nothing', () => {
    const journal = new OfferJournal(Store.inMemory({ nowMs: () => 0, monotonicMs: () => 0 }))
    journal.put(kept('count'))
    assert.deepEqual(journal.offers(), [])
  })
})

describe('bounds', () => {
  test('an agent offers a bounded number of capabilities and says a bounded amount of them', () => {
    const { directory } = createDirectory()
    for (let index = 0; index < HOST_LIMITS.capabilitiesPerAgent; index += 1) {
      assert.equal(directory.register('a', `c${index}`), null)
    }
    assert.equal(directory.register('a', 'one-more'), 'ERR_LIMIT_CAPABILITIES')
    assert.equal(directory.register('a', 'c0'), null)
    const long = 'x'.repeat(DIRECTORY_LIMITS.offerCharsPerAgent - 1)
    assert.equal(directory.offer('a', terms('c0', { properties: { p: long } })), null)
    assert.equal(directory.offer('a', terms('c0', { properties: { p: `${long.slice(1)}y` } })), null)
    assert.equal(directory.offer('a', terms('c0', { properties: { p: `${long}y` } })), 'ERR_LIMIT_DIRECTORY')
    assert.equal(directory.offer('a', terms('c1', { ontology: 'o' })), 'ERR_LIMIT_DIRECTORY')
    directory.withdraw('a', 'c0')
    assert.equal(directory.offer('a', terms('c1', { ontology: 'o' })), null)
  })

  test('all agents together offer a bounded number', () => {
    const { directory } = createDirectory()
    const perAgent = HOST_LIMITS.capabilitiesPerAgent
    for (let index = 0; index < DIRECTORY_LIMITS.offers; index += 1) {
      directory.register(`a${Math.floor(index / perAgent)}`, `c${index % perAgent}`)
    }
    assert.equal(directory.size, DIRECTORY_LIMITS.offers)
    assert.equal(directory.register('late', 'c'), 'ERR_LIMIT_DIRECTORY')
    directory.remove('a0')
    assert.equal(directory.register('late', 'c'), null)
  })

  test('where there is no room, what is kept for whoever has not come back goes first', () => {
    const kept = { ...terms('c'), agent: 'gone', isFromStart: false, isSeen: true }
    const { directory } = createDirectory([kept, { ...kept, agent: 'later' }])
    const perAgent = HOST_LIMITS.capabilitiesPerAgent
    for (let index = 0; index < DIRECTORY_LIMITS.offers; index += 1) {
      directory.register(`a${Math.floor(index / perAgent)}`, `c${index % perAgent}`)
    }
    assert.deepEqual([directory.offersOf('gone'), directory.offersOf('later')], [[], []])
    assert.equal(directory.size, DIRECTORY_LIMITS.offers)
  })
})

describe('search', () => {
  async function find(directory: Directory, filter: object, limit = 9): Promise<string> {
    const { offers, hasMore } = await directory.search(filter, limit)
    return offers.map(({ agent, capability }) => `${agent}:${capability}`).join(' ') + (hasMore ? ' …' : '')
  }

  test('finds what has everything that is asked for, of the same type', async () => {
    const { directory } = createDirectory()
    for (const agent of ['a', 'b']) directory.enter(agent, any)
    directory.offer('a', terms('translate', { properties: { to: 'de', fee: 1, live: true }, ontology: 'words' }))
    directory.offer('b', terms('translate', { properties: { to: 'fr', fee: 1 } }))
    directory.offer('b', terms('count'))
    assert.equal(await find(directory, {}), 'a:translate b:translate b:count')
    assert.equal(await find(directory, { capability: 'translate' }), 'a:translate b:translate')
    assert.equal(await find(directory, { properties: { to: 'de' } }), 'a:translate')
    assert.equal(await find(directory, { properties: { to: 'de', fee: 2 } }), '')
    assert.equal(await find(directory, { properties: { fee: '1' } }), '')
    assert.equal(await find(directory, { properties: { live: 1 } }), '')
    assert.equal(await find(directory, { ontology: 'words' }), 'a:translate')
    assert.equal(await find(directory, { capability: 'count', ontology: 'words' }), '')
    assert.equal(await find(directory, { properties: { toString: 'x' } }), '')
    assert.equal(await find(directory, { capability: '__proto__' }), '')
  })

  test('answers no more than is asked for, and says that there is more', async () => {
    const { directory } = createDirectory()
    for (const agent of ['a', 'b', 'c']) {
      directory.enter(agent, any)
      directory.register(agent, 'count')
    }
    assert.equal(await find(directory, {}, 2), 'a:count b:count …')
    assert.equal(await find(directory, {}, 3), 'a:count b:count c:count')
  })

  test('answers nothing of what may not be seen', async () => {
    const { directory } = createDirectory()
    directory.enter('a', any)
    directory.register('a', 'count')
    directory.register('a', 'sort')
    const { offers } = await directory.search({}, 9, (capability) => capability === 'sort')
    assert.deepEqual(
      offers.map(({ capability }) => capability),
      ['sort'],
    )
  })

  test('others have their turns while it looks at many', async () => {
    const { directory } = createDirectory()
    const count = DIRECTORY_LIMITS.searchStride * 2
    for (let index = 0; index < count; index += 1) {
      directory.enter(`a${index}`, any)
      directory.register(`a${index}`, 'count')
    }
    const found = directory.search({ properties: { none: 1 } }, 9)
    const everything = directory.search({}, count)
    for (let index = 1; index < count; index += 1) directory.remove(`a${index}`)
    assert.deepEqual((await found).offers, [])
    // The first stretch was looked at before anything was removed.
    assert.equal((await everything).offers.length, DIRECTORY_LIMITS.searchStride - 1)
  })
})
