import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { settle } from '../../test/fakes/sandbox.ts'
import { World } from '../../test/fakes/world.ts'
import type { Message, Performative } from '../core/index.ts'
import { CaxtonError, replyTo } from '../core/index.ts'

/** What a participant does when it is called. */
const MANNERS = [
  'bids',
  'refuses',
  'is silent',
  'is late',
  'names nothing',
  'breaks the rules',
  'repeats',
  'fails',
] as const
type Manner = (typeof MANNERS)[number]
const OTHER_ACTS: readonly Performative[] = ['inform', 'agree', 'cancel', 'accept-proposal', 'request', 'failure']

const PROTOCOLS = ['fipa-contract-net', 'fipa-iterated-contract-net', 'fipa-auction-english', 'fipa-auction-dutch']
const ROUND_MS = 50_000

/** What each participant does in each round, and what becomes of bids: taken, rejected, or left alone. */
const plan = fc.record({
  protocol: fc.constantFrom(...PROTOCOLS),
  rounds: fc.array(fc.array(fc.constantFrom(...MANNERS), { minLength: 3, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  }),
  verdicts: fc.array(fc.constantFrom('accept-proposal', 'reject-proposal', null), { minLength: 12, maxLength: 12 }),
  wrong: fc.constantFrom(...OTHER_ACTS),
})

class Caller {
  readonly world = new World()
  readonly #protocol: string
  readonly #wrong: Performative
  #manners: readonly Manner[] = []

  constructor(protocol: string, wrong: Performative) {
    this.#protocol = protocol
    this.#wrong = wrong
  }

  async spawnAll(names: readonly string[]): Promise<void> {
    for (const [index, name] of names.entries()) await this.#spawn(name, () => this.#manners[index] ?? 'is silent')
  }

  /** Calls everybody and lets the deadline pass; returns what was said about each in answer to that. */
  async call(round: number, names: readonly string[], manners: readonly Manner[]): Promise<Map<string, Message[]>> {
    this.#manners = manners
    const [first, ...others] = names as [string, ...string[]]
    const reply_by = new Date(this.world.nowMs + ROUND_MS).toISOString()
    this.#send('cfp', first, { others, reply_with: `round-${round}`, reply_by })
    await settle()
    this.world.pass(ROUND_MS + 1)
    await this.world.router.idle()
    const about = ({ sender, content }: Message) =>
      sender === 'caxton' ? (JSON.parse(content!) as { receiver: string }).receiver : sender
    const answers = this.world.toUser.filter(({ in_reply_to }) => in_reply_to === `round-${round}`)
    return Map.groupBy(answers, about)
  }

  async judge(bid: Message, act: Performative): Promise<void> {
    this.#send(act, bid.sender, {})
    await this.world.router.idle()
  }

  #send(performative: Performative, receiver: string, header: object): void {
    this.world.router.send({ performative, receiver, protocol: this.#protocol, conversation_id: 'c', ...header })
  }

  async #spawn(name: string, manner: () => Manner): Promise<void> {
    let last: Message | null = null
    await this.world.spawn(name, (message, guest) => {
      if (message.performative !== 'cfp' || message.sender === 'caxton') return 0
      const before = last
      last = message
      const say = (performative: Performative, to = message) => guest.send({ ...replyTo(to), performative })
      const { in_reply_to: _, ...nothing } = replyTo(message)
      const deeds: Readonly<Record<Manner, () => void>> = {
        bids: () => say('propose'),
        refuses: () => say('refuse'),
        'is silent': () => {},
        'is late': () => before !== null && say('propose', before),
        'names nothing': () => guest.send({ ...nothing, performative: 'propose' }),
        'breaks the rules': () => say(this.#wrong),
        repeats: () => [say('propose'), say('propose'), say('refuse')],
        fails: () => {},
      }
      deeds[manner()]()
      return manner() === 'fails' ? new CaxtonError('ERR_GUEST_TRAP') : 0
    })
  }
}

test('whoever calls by name and deadline hears once of everybody, whatever they do, and nobody is counted for another round', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ protocol, rounds, verdicts, wrong }) => {
      const caller = new Caller(protocol, wrong)
      const names = ['a', 'b', 'c']
      await caller.spawnAll(names)
      for (const [round, manners] of rounds.entries()) {
        const answers = await caller.call(round, names, manners)
        assert.deepEqual([...answers.keys()].toSorted(), names)
        for (const [index, name] of names.entries()) {
          const own = answers.get(name)!.filter(({ sender }) => sender === name)
          assert.ok(own.length <= 1, `${name} counts ${own.length} times`)
          const isBid = own[0]?.performative === 'propose'
          if (isBid) assert.ok(['bids', 'repeats'].includes(manners[index]!))
          const verdict = verdicts[(round * names.length + index) % verdicts.length]!
          if (isBid && verdict !== null) await caller.judge(own[0]!, verdict)
        }
      }
      assert.equal(caller.world.router.isIdle, true)
      await caller.world.router.close()
      assert.deepEqual(caller.world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
    }),
    { numRuns: 300 },
  )
})
