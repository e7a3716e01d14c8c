import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRetainedValue } from '../../src/router/index.ts'
import { Store } from '../../src/store/index.ts'
import { FakeCredit } from '../fakes/credit.ts'
import { VirtualTime } from '../fakes/virtual-time.ts'
import type { Guest, GuestBehaviour } from '../fakes/world.ts'
import { World } from '../fakes/world.ts'
import { SteeredWriter } from '../fakes/writer.ts'

const READERS = ['reader-a', 'reader-b', 'reader-c']
const DURABLE = { guarantee: 'at-least-once' } as const
const RETAINED = { extras: { 'x-retain': 'true' } }

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve))

/** Adds what a message says to what the agent has stored. */
const note = (content: string | undefined, guest: Guest) => guest.store('log', `${guest.load('log') ?? ''}${content} `)

const source: GuestBehaviour = (message, guest) => {
  note(message.content, guest)
  for (const part of [0, 1]) {
    guest.send({ performative: 'inform', receiver: 'topic:t.x', content: `${message.content}${part}`, ...RETAINED })
  }
  return 0
}

/** Takes its time, so that a batch of changes ends while copies wait with it. */
const reader: GuestBehaviour = async (message, guest) => {
  await turn()
  if (message.performative === 'subscribe') guest.subscribe('t.*')
  else note(message.content, guest)
  return 0
}

/** What agents have stored, as the numbers that they have noted. */
function logOf(store: Store, agent: string): string[] {
  const text = new TextDecoder().decode(store.dataOf(agent).get('log') ?? new Uint8Array())
  return text.split(' ').filter((token) => token !== '')
}

interface Plan {
  /** Messages of the user in each life, and turns of the event loop until its end. */
  readonly lives: readonly { readonly messages: number; readonly turns: number; readonly isStalled: boolean }[]
}

/** Plays lives that crash, and one that does not. */
async function play(directory: string, { lives }: Plan): Promise<void> {
  const time = new VirtualTime()
  const writer = new SteeredWriter(time)
  let token = 10
  for (const [number, { messages, turns, isStalled }] of [
    ...lives,
    { messages: 1, turns: -1, isStalled: false },
  ].entries()) {
    const store = await Store.open({ clock: time, startWriter: writer.start }, { directory })
    const world = new World(new FakeCredit(), {}, store, { run: `l${number}`, time, guarantee: 'at-least-once' })
    for (const name of READERS) await world.spawn(name, reader, DURABLE)
    if (number === 0) await subscribeAll(world)
    await world.spawn('source', source, DURABLE)
    writer.stall(isStalled)
    for (let left = messages; left > 0; left -= 1) {
      token += 1
      world.router.send({ performative: 'request', receiver: 'source', content: String(token) })
    }
    for (let left = turns; left > 0; left -= 1) await turn()
    if (turns >= 0) {
      writer.crash()
      await world.router.close()
      continue
    }
    await world.router.idle()
    check(world)
    await world.router.close()
    await store.close()
  }
}

/** Once: who has subscribed need not do so in a later life. */
async function subscribeAll(world: World): Promise<void> {
  for (const receiver of READERS) world.router.send({ performative: 'subscribe', receiver })
  await world.router.idle()
  await world.store.flush()
}

function check(world: World): void {
  const published = logOf(world.store, 'source').flatMap((token) => [`${token}0`, `${token}1`])
  for (const name of READERS) {
    assert.deepEqual(logOf(world.store, name), published, name)
  }
  const retained = [...world.store.recordsOf('retained').values()].map(parseRetainedValue)
  assert.deepEqual(
    retained.map(({ message }) => message.content),
    published.slice(-1),
  )
  assert.deepEqual(world.of('undelivered'), [])
}

test('whenever a system crashes, each subscriber has handled what was published by calls that count, once and in order', async () => {
  const life = fc.record({ messages: fc.nat(4), turns: fc.nat(12), isStalled: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
      const directory = mkdtempSync(join(tmpdir(), 'caxton-topics-'))
      try {
        await play(directory, { lives })
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }),
    { numRuns: 25 },
  )
})
