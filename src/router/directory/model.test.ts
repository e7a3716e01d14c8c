import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { OfferChange } from './directory.ts'
import { Directory } from './directory.ts'
import type { Offer, OfferTerms, Properties } from './offer.ts'
import type { KeptOffer } from './offer-journal.ts'

/** The directory as a list of what was said, which is looked through for every question. */
interface Said extends Offer {
  readonly isFromStart: boolean
}

const AGENTS = ['a', 'b', 'c'] as const
const agent = fc.constantFrom(...AGENTS)
const capability = fc.constantFrom('count', 'sort', '__proto__')
const value = fc.constantFrom<string | number | boolean>('de', 'fr', 1, true, '1')
const properties: fc.Arbitrary<Properties> = fc.dictionary(fc.constantFrom('to', 'fee', '__proto__'), value, {
  maxKeys: 2,
})
const ontology = fc.constantFrom(null, 'words')
const filter = fc.record({ capability, properties, ontology: fc.constant('words') }, { requiredKeys: [] })

const step = fc.oneof(
  fc.record({ type: fc.constant('enter' as const), agent }),
  fc.record({ type: fc.constant('leave' as const), agent }),
  fc.record({ type: fc.constant('remove' as const), agent }),
  fc.record({ type: fc.constant('register' as const), agent, capability }),
  fc.record({
    type: fc.constant('offer' as const),
    agent,
    capability,
    properties,
    ontology,
    leaseMs: fc.option(fc.integer({ min: 10, max: 50 })),
  }),
  fc.record({ type: fc.constant('withdraw' as const), agent, capability }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ type: fc.constant('search' as const), filter, limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ type: fc.constant('restart' as const) }),
)

const keyOf = (offer: Pick<Offer, 'agent' | 'capability'>) => `${offer.agent} ${offer.capability}`
const bare = ({ agent, capability, properties, ontology, untilMs }: Offer): Offer => ({
  agent,
  capability,
  properties,
  ontology,
  untilMs,
})
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other)
const sorted = (offers: readonly Offer[]) => offers.map(bare).toSorted((x, y) => (keyOf(x) < keyOf(y) ? -1 : 1))

class Model {
  said: Said[] = []
  running = new Set<string>()

  get seen(): Said[] {
    return this.said.filter(({ agent }) => this.running.has(agent))
  }

  find(agent: string, capability: string): Said | undefined {
    return this.said.find((offer) => offer.agent === agent && offer.capability === capability)
  }

  drop(isDropped: (offer: Said) => boolean): void {
    this.said = this.said.filter((offer) => !isDropped(offer))
  }

  offer(agent: string, terms: OfferTerms): void {
    const before = this.find(agent, terms.capability)
    const sameWords =
      before !== undefined &&
      before.ontology === terms.ontology &&
      isSame(Object.entries(before.properties).toSorted(), Object.entries(terms.properties).toSorted())
    const isFromStart = !this.running.has(agent) || (sameWords && before.isFromStart)
    this.drop((offer) => offer === before)
    this.said.push({ ...terms, agent, isFromStart })
  }
}

test('the directory answers like a list of what was said, and what it tells adds up to what is seen', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let nowMs = 0
      const journal = new Map<string, KeptOffer>()
      let told = new Map<string, Offer>()
      const open = () =>
        new Directory({
          clock: { nowMs: () => nowMs },
          journal: {
            put: (offer) => void journal.set(keyOf(offer), offer),
            drop: (agent, capability) => void journal.delete(keyOf({ agent, capability })),
            offers: () => [...journal.values()],
          },
          onChange: ({ before, after }: OfferChange) => {
            if (before !== null) assert.ok(told.delete(keyOf(before)), 'what is gone was there')
            if (after !== null) told.set(keyOf(after), after)
          },
        })
      let directory = open()
      const model = new Model()
      for (const next of steps) {
        switch (next.type) {
          case 'enter':
            directory.enter(next.agent, () => true)
            model.running.add(next.agent)
            break
          case 'leave':
            directory.leave(next.agent)
            model.running.delete(next.agent)
            model.drop((offer) => offer.agent === next.agent && offer.isFromStart)
            break
          case 'remove':
            directory.remove(next.agent)
            model.running.delete(next.agent)
            model.drop((offer) => offer.agent === next.agent)
            break
          case 'register':
            assert.equal(directory.register(next.agent, next.capability), null)
            if (model.find(next.agent, next.capability) === undefined) {
              model.offer(next.agent, {
                capability: next.capability,
                properties: {},
                ontology: null,
                untilMs: null,
              })
            }
            break
          case 'offer': {
            const { capability, properties, ontology, leaseMs } = next
            const terms = { capability, properties, ontology, untilMs: leaseMs === null ? null : nowMs + leaseMs }
            assert.equal(directory.offer(next.agent, terms), null)
            model.offer(next.agent, terms)
            break
          }
          case 'withdraw': {
            const isThere = model.find(next.agent, next.capability) !== undefined
            assert.equal(directory.withdraw(next.agent, next.capability), isThere)
            model.drop((offer) => offer.agent === next.agent && offer.capability === next.capability)
            break
          }
          case 'pass':
            nowMs += next.ms
            directory.runDeadlines()
            model.drop(({ untilMs }) => untilMs !== null && untilMs <= nowMs)
            break
          case 'restart':
            directory.close()
            told = new Map()
            directory = open()
            model.running.clear()
            model.drop(({ isFromStart }) => isFromStart)
            break
          case 'search': {
            const { capability, properties = {}, ontology } = next.filter
            const meant = model.seen.filter(
              (offer) =>
                (capability === undefined || offer.capability === capability) &&
                (ontology === undefined || offer.ontology === ontology) &&
                Object.entries(properties).every(([name, wanted]) =>
                  Object.entries(offer.properties).some(([other, is]) => other === name && is === wanted),
                ),
            )
            const { offers, hasMore } = await directory.search(next.filter, next.limit)
            assert.equal(offers.length, Math.min(meant.length, next.limit))
            assert.equal(hasMore, meant.length > next.limit)
            for (const offer of offers) assert.ok(meant.some((other) => isSame(sorted([other]), sorted([offer]))))
            break
          }
        }
        assert.deepEqual(sorted((await directory.search({}, 100)).offers), sorted(model.seen))
        assert.deepEqual([...told.keys()].toSorted(), model.seen.map(keyOf).toSorted())
        assert.equal(directory.size, model.said.length)
        assert.deepEqual(sorted([...journal.values()]), sorted(model.said))
        for (const { agent, capability, isFromStart, isSeen } of journal.values()) {
          assert.deepEqual(
            [isFromStart, isSeen],
            [model.find(agent, capability)?.isFromStart, model.running.has(agent)],
          )
        }
        for (const name of AGENTS) {
          assert.deepEqual(sorted(directory.offersOf(name)), sorted(model.said.filter((offer) => offer.agent === name)))
        }
      }
      directory.close()
    }),
    { numRuns: 400 },
  )
})
