import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../../src/core/index.ts'
import { Store } from '../../src/store/index.ts'
import { FakeCredit } from '../fakes/credit.ts'
import { VirtualTime } from '../fakes/virtual-time.ts'
import { World } from '../fakes/world.ts'
import { SteeredWriter } from '../fakes/writer.ts'
import { turns } from './conversations/life.ts'

/*
 * Two agents offer and take back in answer to messages, a third watches them and searches when it is told that it missed something,
 * while leases lapse and the system is closed and killed in between. What is offered in the end is what the messages that were kept
 * say, one after the other; and the one that watches knows just that.
 */

const AGENTS = ['a', 'b'] as const
const CAPABILITIES = ['count', 'sort'] as const

/** Longer than any lease. */
const LONG_MS = 10_000

interface Deed {
  readonly agent: (typeof AGENTS)[number]
  readonly capability: (typeof CAPABILITIES)[number]
  /** Null takes the offer back. */
  readonly fee: number | null
  readonly leaseMs: number | null
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('tell' as const),
      deed: fc.record({
        agent: fc.constantFrom(...AGENTS),
        capability: fc.constantFrom(...CAPABILITIES),
        fee: fc.option(fc.nat(2)),
        leaseMs: fc.option(fc.integer({ min: 10, max: 3_000 })),
      }),
      turns: fc.nat(4),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), downMs: fc.nat(2_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('crash' as const), downMs: fc.nat(2_000), turns: fc.nat(6) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Fees by agent and capability, of offers without an end: all others have lapsed when anybody looks. */
type Offers = Readonly<Record<string, number>>

function follow(offers: Offers, { agent, capability, fee, leaseMs }: Deed): Offers {
  const { [`${agent} ${capability}`]: _, ...others } = offers
  return fee === null || leaseMs !== null ? others : { ...others, [`${agent} ${capability}`]: fee }
}

const write = (offers: Offers) => JSON.stringify(Object.entries(offers).toSorted())

class Play {
  readonly #directory: string
  readonly #time = new VirtualTime()
  readonly #writer = new SteeredWriter(this.#time)
  /** What the one that watches believes. */
  readonly #known = new Map<string, number>()
  /** What may be offered, since nobody knows how much of what was told before a crash was kept. */
  #possible: readonly Offers[] = [{}]
  /** Told in this life, and how much of it has been committed. */
  #told: Deed[] = []
  #committed = 0
  #world: World | null = null
  #lives = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  get world(): World {
    return this.#world!
  }

  async begin(): Promise<void> {
    this.#lives += 1
    const parts = { clock: this.#time, startWriter: this.#writer.start }
    const store = await Store.open(parts, { directory: this.#directory })
    const world = new World(new FakeCredit(), {}, store, {
      run: `l${this.#lives}`,
      time: this.#time,
      guarantee: 'at-least-once',
    })
    this.#world = world
    const options = { guarantee: 'at-least-once', mayOffer: CAPABILITIES, mayFind: ['*'] } as const
    await world.spawn('w', (message) => this.#learn(world, message), options)
    for (const name of AGENTS) await world.spawn(name, (message) => this.#act(world, message), options)
    // Whoever begins to watch searches.
    if (world.router.watches.size === 0) {
      world.router.watches.watch('w', 1, {})
      await this.#search(world)
    }
  }

  async run(taken: Step): Promise<void> {
    if (taken.kind === 'tell') {
      this.#tell(taken.deed)
      await turns(taken.turns)
    } else if (taken.kind === 'pass') this.#pass(taken.ms)
    else if (taken.kind === 'restart') {
      await this.world.router.idle()
      await this.close()
      this.#settle(this.#told.length)
      this.#time.advance(taken.downMs)
      await this.begin()
    } else {
      await turns(taken.turns)
      this.#writer.crash()
      await this.world.router.close()
      this.#settle(this.#committed)
      this.#time.advance(taken.downMs)
      await this.begin()
    }
  }

  /** Lets everything come to its end, and every lease lapse. */
  async finish(): Promise<void> {
    await this.world.router.idle()
    this.#pass(LONG_MS)
    await turns(3)
    await this.world.router.idle()
    this.#settle(this.#told.length)
  }

  async check(): Promise<void> {
    const { offers } = await this.world.router.directory.search({}, 100)
    const found = write(
      Object.fromEntries(
        offers.map(({ agent, capability, properties }) => [`${agent} ${capability}`, Number(properties['fee'])]),
      ),
    )
    assert.ok(
      this.#possible.some((one) => write(one) === found),
      `${found} is none of ${this.#possible.map(write)}`,
    )
    assert.equal(write(Object.fromEntries(this.#known)), found, 'what is known is what is offered')
  }

  async close(): Promise<void> {
    await this.world.router.close()
    const closed = this.world.store.close()
    await turns(2)
    await closed
  }

  /** At least so much of what was told was kept, and nothing that was told after something that was not. */
  #settle(least: number): void {
    const states = new Map<string, Offers>()
    for (let offers of this.#possible) {
      for (const [index, deed] of [...this.#told, null].entries()) {
        if (index >= least) states.set(write(offers), offers)
        if (deed !== null) offers = follow(offers, deed)
      }
    }
    this.#possible = [...states.values()]
    this.#told = []
    this.#committed = 0
  }

  #tell(deed: Deed): void {
    const { router, store } = this.world
    this.#told.push(deed)
    const count = this.#told.length
    router.send({ performative: 'request', receiver: deed.agent, content: JSON.stringify(deed) })
    store.whenCommitted(() => {
      if (this.world.store === store) this.#committed = Math.max(this.#committed, count)
    })
  }

  #act({ router }: World, { receiver, content }: Message): number {
    const { capability, fee, leaseMs } = JSON.parse(content!) as Deed
    if (fee === null) router.directory.withdraw(receiver, capability)
    else {
      const untilMs = leaseMs === null ? null : this.#time.nowMs() + leaseMs
      assert.equal(router.directory.offer(receiver, { capability, properties: { fee }, ontology: null, untilMs }), null)
    }
    return 0
  }

  async #learn(world: World, { content }: Message): Promise<number> {
    const { changes, missed } = JSON.parse(content!)
    for (const { offered, agent, capability, properties } of changes) {
      if (offered) this.#known.set(`${agent} ${capability}`, properties.fee)
      else this.#known.delete(`${agent} ${capability}`)
    }
    if (missed) await this.#search(world)
    return 0
  }

  async #search({ router }: World): Promise<void> {
    const { offers } = await router.directory.search({}, 100)
    this.#known.clear()
    for (const { agent, capability, properties } of offers)
      this.#known.set(`${agent} ${capability}`, Number(properties['fee']))
  }

  #pass(ms: number): void {
    this.#time.advance(ms)
    this.world.router.runDeadlines()
  }
}

test('whatever happens, what is offered is what was kept says, and whoever watches knows it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const directory = mkdtempSync(join(tmpdir(), 'caxton-directory-'))
      const play = new Play(directory)
      try {
        await play.begin()
        for (const taken of steps) await play.run(taken)
        await play.finish()
        await play.check()
      } finally {
        await play.close()
        rmSync(directory, { recursive: true, force: true })
      }
    }),
    { numRuns: 40 },
  )
})
