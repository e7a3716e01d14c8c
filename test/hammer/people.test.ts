import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Draft, Message, Performative } from '../../src/core/index.ts'
import { DEFAULT_CONVERSATION_LIMITS, DEFAULT_PERSON_LIMITS, isCaxtonError } from '../../src/core/index.ts'
import { Store } from '../../src/store/index.ts'
import { FakeCredit } from '../fakes/credit.ts'
import { VirtualTime } from '../fakes/virtual-time.ts'
import type { Guest } from '../fakes/world.ts'
import { World } from '../fakes/world.ts'
import { SteeredWriter } from '../fakes/writer.ts'
import { turns } from './conversations/life.ts'

/*
 * An agent asks a person at random, who answers at random, while deadlines pass, the agent cancels, and the system is closed and killed
 * in between. Each question that was kept ends exactly once: by one answer, by one word of the runtime, or called off.
 */

const ANN = 'human:ann'
/** How long an undertaking lasts. */
const LASTS_MS = 20_000
const ROUTES = [
  { protocol: undefined, act: 'query-ref', answers: ['inform', 'refuse', 'agree'] },
  { protocol: 'fipa-request', act: 'request', answers: ['agree', 'inform', 'failure', 'refuse', 'propose'] },
  { protocol: 'fipa-propose', act: 'propose', answers: ['accept-proposal', 'reject-proposal', 'inform'] },
] as const satisfies readonly { protocol?: string | undefined; act: Performative; answers: readonly Performative[] }[]

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      route: fc.nat(2),
      withinMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
    }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('answer' as const), which: fc.nat(3), act: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), downMs: fc.nat(3_000), early: fc.option(fc.nat(4)) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      downMs: fc.nat(3_000),
      early: fc.option(fc.nat(4)),
      turns: fc.nat(6),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** What the agent has stored of what it was told about a question: by the message, so that nothing counts twice. */
type Outcomes = Record<string, { readonly sender: string; readonly act: Performative }>

class Play {
  readonly #directory: string
  readonly #time = new VirtualTime()
  readonly #writer = new SteeredWriter(this.#time)
  /** Questions that were told to wait, each after it was kept: by `reply_with`. */
  readonly asked = new Set<string>()
  #world: World | null = null
  #guest: Guest | null = null
  #isOver = false
  #lives = 0
  #count = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  get world(): World {
    return this.#world!
  }

  /** @param early how a person answers who is there before the agent is */
  async begin(early: number | null = null): Promise<void> {
    this.#isOver = false
    this.#lives += 1
    const store = await Store.open(
      { clock: this.#time, startWriter: this.#writer.start },
      { directory: this.#directory },
    )
    const people = [{ name: 'ann', description: null, limits: DEFAULT_PERSON_LIMITS }]
    const world = new World(new FakeCredit(), { limits: { ...DEFAULT_CONVERSATION_LIMITS, wallMs: LASTS_MS } }, store, {
      run: `l${this.#lives}`,
      time: this.#time,
      guarantee: 'at-least-once',
      people,
    })
    this.#world = world
    world.router.subscribe((event) => {
      if (!this.#isOver && event.type === 'waiting') this.asked.add(event.message.reply_with!)
    })
    if (early !== null) this.#answer(0, early)
    await world.spawn('clerk', (message, guest) => handle(message, guest), {
      guarantee: 'at-least-once',
      init: (guest) => {
        this.#guest = guest
        return 0
      },
    })
  }

  async run(taken: Step): Promise<void> {
    const { router } = this.world
    if (taken.kind === 'ask') {
      this.#count += 1
      const name = `q${this.#count}`
      const { act, protocol } = ROUTES[taken.route]!
      const terms = this.#terms(taken.withinMs, protocol)
      this.#tell({ performative: act, receiver: ANN, conversation_id: `k${name}`, reply_with: name, ...terms })
    } else if (taken.kind === 'cancel') {
      const waiting = router.people.list()[taken.which]
      if (waiting === undefined || waiting.message.performative === 'cancel') return
      const { conversation_id, protocol, reply_with: name } = waiting.message
      const route = { conversation_id, ...(protocol === undefined ? {} : { protocol }) }
      this.#tell({ performative: 'cancel', receiver: ANN, reply_with: `c${name}`, in_reply_to: name!, ...route })
    } else if (taken.kind === 'answer') this.#answer(taken.which, taken.act)
    else if (taken.kind === 'pass') this.#pass(taken.ms)
    else if (taken.kind === 'restart') await this.#restart(taken.downMs, taken.early)
    else await this.#crash(taken.downMs, taken.turns, taken.early)
    await turns(3)
  }

  /** Lets everything come to its end. */
  async finish(): Promise<void> {
    await this.#restart(1)
    await turns(10)
    this.#pass(2 * LASTS_MS)
    await turns(10)
    for (const { id, wantsAnswer } of this.world.router.people.list())
      if (!wantsAnswer) this.world.router.people.dismiss(id)
    await this.world.router.idle()
  }

  outcomesOf(name: string): Outcomes {
    return readOutcomes(this.#guest!, name)
  }

  isCancelled(name: string): boolean {
    return Object.values(this.outcomesOf(`c${name}`)).some(({ act }) => act === 'inform')
  }

  async close(): Promise<void> {
    await this.world.router.close()
    const closed = this.world.store.close()
    await turns(2)
    await closed
    this.#isOver = true
  }

  #terms(withinMs: number | null, protocol: string | undefined): Partial<Draft> {
    const named = protocol === undefined ? {} : { protocol }
    if (withinMs === null) return named
    return { ...named, reply_by: new Date(this.#time.nowMs() + withinMs).toISOString() }
  }

  #tell(draft: Draft): void {
    this.world.router.send({ performative: 'inform', receiver: 'clerk', content: JSON.stringify(draft) })
  }

  #answer(which: number, act: number): void {
    const { people } = this.world.router
    const waiting = people.list()[which]
    if (waiting === undefined) return
    const { answers } = ROUTES.find(({ protocol }) => protocol === waiting.message.protocol)!
    const performative = answers[act % answers.length]!
    try {
      people.answer(waiting.id, { performative }, { by: 'test' })
    } catch (error) {
      if (isCaxtonError(error, 'ERR_MESSAGE_ENDED') && waiting.expiresMs! <= this.#time.nowMs()) return
      const isFit = waiting.acts === null || waiting.acts.includes(performative)
      if (!isCaxtonError(error, 'ERR_PROTOCOL_TURN')) throw error
      assert.ok(!isFit || waiting.isPromised)
    }
  }

  #pass(ms: number): void {
    this.#time.advance(ms)
    this.world.router.runDeadlines()
  }

  async #restart(downMs: number, early: number | null = null): Promise<void> {
    await this.close()
    this.#time.advance(downMs)
    await this.begin(early)
  }

  async #crash(downMs: number, count: number, early: number | null): Promise<void> {
    await turns(count)
    this.#isOver = true
    this.#writer.crash()
    await this.world.router.close()
    this.#time.advance(downMs)
    await this.begin(early)
  }
}

/** The agent asks what it is told to, and stores what comes back. */
function handle(message: Message, guest: Guest): number {
  if (message.sender === 'user') return guest.send(JSON.parse(message.content!) as Draft) ? 0 : 2
  const name = message.in_reply_to ?? 'none'
  const outcomes = { ...readOutcomes(guest, name) }
  assert.equal(outcomes[message.message_id], undefined, 'handled once')
  outcomes[message.message_id] = { sender: message.sender, act: message.performative }
  guest.store(name, JSON.stringify(outcomes))
  return 0
}

function readOutcomes(guest: Guest, name: string): Outcomes {
  return JSON.parse(guest.load(name) ?? '{}') as Outcomes
}

test('whatever happens, each question to a person that was kept ends exactly once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const directory = mkdtempSync(join(tmpdir(), 'caxton-people-'))
      const play = new Play(directory)
      try {
        await play.begin()
        for (const taken of steps) await play.run(taken)
        await play.finish()
        assert.deepEqual(play.world.router.people.list(), [])
        assert.deepEqual([...play.world.store.recordsOf('people')], [])
        for (const name of play.asked) {
          if (name.startsWith('c')) continue
          const ends = Object.values(play.outcomesOf(name)).filter(({ act }) => act !== 'agree')
          assert.equal(ends.length + (play.isCancelled(name) && ends.length === 0 ? 1 : 0), 1, name)
        }
        assert.deepEqual(play.outcomesOf('none'), {})
      } finally {
        await play.close()
        rmSync(directory, { recursive: true, force: true })
      }
    }),
    { numRuns: 40 },
  )
})
