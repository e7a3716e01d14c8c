import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { DIRECTORY_LIMITS } from '../../core/index.ts'
import type { Offer } from './offer.ts'
import type { KeptWatch } from './watch-journal.ts'
import { WatchJournal } from './watch-journal.ts'
import type { WatchNotice } from './watches.ts'
import { Watches } from './watches.ts'

function offerOf(agent: string, capability = 'count', said: Partial<Offer> = {}): Offer {
  return { agent, capability, properties: {}, ontology: null, untilMs: null, ...said }
}

function createWatches(kept: readonly KeptWatch[] = []) {
  const journal = new Map(kept.map((watch) => [`${watch.agent} ${watch.id}`, watch]))
  const sent: { readonly agent: string; readonly messageId: string; readonly notice: WatchNotice }[] = []
  let count = 0
  const watches = new Watches({
    journal: {
      put: (watch) => void journal.set(`${watch.agent} ${watch.id}`, watch),
      drop: (agent, id) => void journal.delete(`${agent} ${id}`),
      watches: () => [...journal.values()],
    },
    maySee: (_agent, capability) => capability !== 'secret',
    createMessageId: () => `m${count++}`,
    tell: (agent, messageId, notice) => void sent.push({ agent, messageId, notice }),
  })
  const offered = (offer: Offer, before: Offer | null = null) =>
    watches.note({ before, after: offer, cause: 'offered', by: null })
  const gone = (offer: Offer, cause: 'withdrawn' | 'lapsed' | 'ended' = 'withdrawn') =>
    watches.note({ before: offer, after: null, cause, by: null })
  /** The last notice has come to its end. */
  const end = (isHandled = true) => watches.onNoticeEnded(sent.at(-1)!.messageId, isHandled)
  return { watches, journal, sent, offered, gone, end, notices: () => sent.map(({ notice }) => notice) }
}

describe('what is told', () => {
  test('of what the filter means, and of that which the filter meant before', () => {
    const { watches, offered, gone, end, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, { properties: { to: 'de' } })
    const german = offerOf('a', 'translate', { properties: { to: 'de' }, ontology: 'words' })
    const french = offerOf('a', 'translate', { properties: { to: 'fr' } })
    offered(french)
    offered(german, french)
    end()
    offered(french, german)
    end()
    gone(french)
    assert.deepEqual(
      notices().map(({ changes }) => changes),
      [
        [{ offered: true, agent: 'a', capability: 'translate', properties: { to: 'de' }, ontology: 'words' }],
        [{ offered: false, agent: 'a', capability: 'translate', cause: 'changed' }],
      ],
    )
  })

  test('of nothing that may not be seen, and of what the agent does itself only that it lapsed', () => {
    const { watches, offered, gone, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, {})
    offered(offerOf('a', 'secret'))
    offered(offerOf('w'))
    gone(offerOf('w'))
    assert.deepEqual(notices(), [])
    gone(offerOf('w'), 'lapsed')
    assert.deepEqual(notices(), [
      { watch: 1, changes: [{ offered: false, agent: 'w', capability: 'count', cause: 'lapsed' }], missed: false },
    ])
  })

  test('one message at a time, and of each offer once, how it is then', () => {
    const { watches, offered, gone, end, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, { capability: 'count' })
    offered(offerOf('a'))
    offered(offerOf('b'))
    gone(offerOf('b'))
    offered(offerOf('c'))
    assert.equal(notices().length, 1)
    end()
    assert.deepEqual(
      notices()[1]?.changes.map(({ agent, offered }) => [agent, offered]),
      [
        ['b', false],
        ['c', true],
      ],
    )
    end()
    assert.equal(notices().length, 2)
  })

  test('a bounded amount: beyond it only that something was missed', () => {
    const { watches, offered, end, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, {})
    const count = DIRECTORY_LIMITS.waitingChanges + 2
    for (let index = 0; index < count; index += 1) offered(offerOf(`a${index}`))
    end()
    assert.deepEqual([notices()[1]?.changes.length, notices()[1]?.missed], [DIRECTORY_LIMITS.waitingChanges, true])
    end()
    assert.equal(notices().length, 2)
  })

  test('no more in one message than fits, and the rest in the next', () => {
    const { watches, offered, end, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, {})
    const long = { properties: { text: 'x'.repeat(15_000) } }
    for (let index = 0; index < 6; index += 1) offered(offerOf(`a${index}`, 'count', long))
    end()
    end()
    assert.deepEqual(
      notices().map(({ changes }) => changes.length),
      [1, 3, 2],
    )
  })

  test('a message that is lost is made up for with the next change', () => {
    const { watches, offered, end, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, {})
    offered(offerOf('a'))
    end(false)
    assert.equal(notices().length, 1)
    offered(offerOf('b'))
    assert.deepEqual([notices()[1]?.changes.length, notices()[1]?.missed], [1, true])
  })

  test('nothing after the watch has ended, and once where another takes its number', () => {
    const { watches, offered, end, notices } = createWatches()
    watches.enter('w')
    watches.watch('w', 1, { capability: 'count' })
    watches.watch('w', 1, { capability: 'sort' })
    offered(offerOf('a'))
    assert.deepEqual(notices(), [])
    offered(offerOf('a', 'sort'))
    assert.equal(watches.unwatch('w', 1), true)
    assert.equal(watches.unwatch('w', 1), false)
    end()
    offered(offerOf('b', 'sort'))
    assert.equal(notices().length, 1)
  })
})

describe('the life of a watch', () => {
  test('one that begins while the agent starts ends with it, any other goes on when it runs again', () => {
    const { watches, journal, offered, end, notices } = createWatches()
    watches.watch('w', 1, {})
    watches.enter('w')
    watches.watch('w', 2, {})
    assert.deepEqual([...journal.keys()], ['w 2'])
    watches.leave('w')
    offered(offerOf('a'))
    assert.deepEqual(notices(), [])
    watches.enter('w')
    assert.deepEqual(notices(), [{ watch: 2, changes: [], missed: true }])
    end()
    offered(offerOf('b'))
    assert.equal(notices().length, 2)
    watches.remove('w')
    assert.deepEqual([watches.size, journal.size], [0, 0])
  })

  test('what is kept goes on, told that it missed something', () => {
    const { watches, notices } = createWatches([{ agent: 'w', id: 5, filter: { capability: 'count' } }])
    assert.equal(watches.size, 1)
    watches.enter('w')
    assert.deepEqual(notices(), [{ watch: 5, changes: [], missed: true }])
  })

  test('a journal gives back what was put into it', () => {
    const records = new Map<string, string>()
    const journal = new WatchJournal({
      recordsOf: () => records,
      putRecord: (_area, key, text) => (text === null ? void records.delete(key) : void records.set(key, text)),
    })
    const watch = { agent: 'w', id: 4_294_967_295, filter: { properties: { a: 1 } } }
    journal.put(watch)
    journal.put({ ...watch, id: 0 })
    journal.drop('w', 0)
    journal.drop('w', 9)
    assert.deepEqual(journal.watches(), [watch])
  })

  test('there are a bounded number of them', () => {
    const { watches } = createWatches()
    for (let index = 0; index < DIRECTORY_LIMITS.watches; index += 1) {
      const agent = `a${Math.floor(index / DIRECTORY_LIMITS.watchesPerAgent)}`
      assert.equal(watches.watch(agent, index % DIRECTORY_LIMITS.watchesPerAgent, {}), null)
      if (index === DIRECTORY_LIMITS.watchesPerAgent - 1) {
        assert.equal(watches.watch(agent, 99, {}), 'ERR_LIMIT_DIRECTORY')
        assert.equal(watches.watch(agent, 0, {}), null)
      }
    }
    assert.equal(watches.watch('late', 0, {}), 'ERR_LIMIT_DIRECTORY')
    watches.unwatch('a0', 0)
    assert.equal(watches.watch('late', 0, {}), null)
  })
})

test('who takes what is told for true knows what there is, unless it was told that it missed something', () => {
  const step = fc.oneof(
    fc.record({ type: fc.constant('offer' as const), agent: fc.constantFrom('a', 'b', 'c'), fee: fc.nat(2) }),
    fc.record({ type: fc.constant('withdraw' as const), agent: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ type: fc.constant('end' as const), isHandled: fc.boolean() }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { watches, offered, gone, sent } = createWatches()
      watches.enter('w')
      watches.watch('w', 1, { properties: { fee: 1 } })
      const there = new Map<string, Offer>()
      const known = new Set<string>()
      let isSure = true
      let read = 0
      let isUnderWay = false
      const take = () => {
        for (const { notice } of sent.slice(read)) {
          if (notice.missed) isSure = false
          for (const change of notice.changes) known[change.offered ? 'add' : 'delete'](change.agent)
          isUnderWay = true
        }
        read = sent.length
      }
      for (const next of steps) {
        if (next.type === 'offer') {
          const offer = offerOf(next.agent, 'count', { properties: { fee: next.fee } })
          const before = there.get(next.agent) ?? null
          there.set(next.agent, offer)
          if (before?.properties['fee'] !== next.fee) offered(offer, before)
        } else if (next.type === 'withdraw') {
          const before = there.get(next.agent)
          if (before !== undefined && there.delete(next.agent)) gone(before)
        } else if (isUnderWay) {
          isUnderWay = false
          if (!next.isHandled) isSure = false
          watches.onNoticeEnded(sent.at(-1)!.messageId, next.isHandled)
        }
        take()
      }
      while (isUnderWay) {
        isUnderWay = false
        watches.onNoticeEnded(sent.at(-1)!.messageId, true)
        take()
      }
      const meant = [...there.values()].filter(({ properties }) => properties['fee'] === 1).map(({ agent }) => agent)
      if (isSure) assert.deepEqual([...known].toSorted(), meant.toSorted())
    }),
    { numRuns: 400 },
  )
})
