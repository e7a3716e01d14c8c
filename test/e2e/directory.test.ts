import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AgentInput, CaxtonEvent, CaxtonOptions } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'

const guest = (file: string) => new URL(`../../guests/directory/${file}`, import.meta.url).pathname
const DENIED = -1
const INVALID = -3
const TOO_LARGE = -4
const NOT_FOUND = -6
const LIMIT = -7

const GRANTS = { register: ['translate', 'count'], directory: ['translate', 'count'], send: ['user'] }

interface Answer {
  readonly status: number
  readonly found?: { readonly offers: readonly { readonly agent: string }[]; readonly more: boolean }
}

async function act(caxton: Caxton, receiver: string, deed: string, wish: object = {}): Promise<Answer> {
  const reply = await caxton.request({ performative: 'request', receiver, content: { deed, ...wish } })
  return reply.content as Answer
}

/** What the agents that watch have passed on to the user. */
function listen(caxton: Caxton): unknown[] {
  const told: unknown[] = []
  caxton.subscribe((event: CaxtonEvent) => {
    if (event.type !== 'delivered' || event.message.receiver !== 'user') return
    const content: unknown = JSON.parse(event.message.content ?? 'null')
    if (Object(content)['watch'] !== undefined) told.push(content)
  })
  return told
}

const CASES = [
  { language: 'C', file: 'desk.c', isolation: 'thread' },
  { language: 'AssemblyScript', file: 'desk.as.ts', isolation: 'thread' },
  { language: 'TypeScript', file: 'desk.ts', isolation: 'thread' },
  { language: 'C', file: 'desk.c', isolation: 'process:desks' },
] as const

for (const { language, file, isolation } of CASES) {
  const start = async (options: CaxtonOptions = {}, names = ['a', 'b']) => {
    const caxton = await Caxton.start({ threads: 1, ...options })
    for (const name of names) await caxton.deploy({ name, source: guest(file), grants: GRANTS, isolation })
    return caxton
  }

  suite(`the directory, for agents in ${language} in a ${isolation.split(':')[0]}`, () => {
    test('what one offers the other finds, by name, properties and ontology, until it is taken back', async () => {
      await using caxton = await start()
      const told = listen(caxton)
      assert.deepEqual(await act(caxton, 'b', 'watch', { id: 7, name: 'translate' }), { status: 0 })
      const offer = { name: 'translate', properties: { to: 'de', fee: 2, live: true }, ontology: 'words' }
      assert.equal((await act(caxton, 'a', 'offer', offer)).status, 0)
      const found = {
        agent: 'a',
        capability: 'translate',
        properties: { to: 'de', fee: 2, live: true },
        ontology: 'words',
      }
      for (const wish of [{}, { name: 'translate' }, { properties: { fee: 2 } }, { ontology: 'words' }]) {
        assert.deepEqual((await act(caxton, 'b', 'search', wish)).found, { offers: [found], more: false })
      }
      for (const wish of [{ name: 'count' }, { properties: { fee: '2' } }, { ontology: 'other' }]) {
        assert.deepEqual((await act(caxton, 'b', 'search', wish)).found, { offers: [], more: false })
      }
      assert.deepEqual((await caxton.directory.search({ capability: 'translate' })).offers, [
        { ...found, untilMs: null },
      ])
      assert.equal((await act(caxton, 'a', 'withdraw', { name: 'translate' })).status, 0)
      assert.equal((await act(caxton, 'a', 'withdraw', { name: 'translate' })).status, NOT_FOUND)
      assert.deepEqual((await act(caxton, 'b', 'search')).found, { offers: [], more: false })
      assert.equal((await act(caxton, 'b', 'unwatch', { id: 7 })).status, 0)
      assert.equal((await act(caxton, 'b', 'unwatch', { id: 7 })).status, NOT_FOUND)
      await act(caxton, 'a', 'register', { name: 'translate' })
      await caxton.idle()
      assert.deepEqual(told, [
        { watch: 7, changes: [{ offered: true, ...found }], missed: false },
        {
          watch: 7,
          changes: [{ offered: false, agent: 'a', capability: 'translate', cause: 'withdrawn' }],
          missed: false,
        },
      ])
    })

    test('a capability may be registered again after it was taken back, as often as one likes', async () => {
      await using caxton = await start({}, ['a'])
      for (let round = 0; round < 70; round += 1) {
        assert.equal((await act(caxton, 'a', 'register', { name: 'count' })).status, 0)
        assert.equal((await caxton.directory.search()).offers.length, 1)
        assert.equal((await act(caxton, 'a', 'withdraw', { name: 'count' })).status, 0)
        assert.equal((await caxton.directory.search()).offers.length, 0)
      }
    })

    test('what is not granted is not offered, found or watched, and what is no offer is refused', async () => {
      await using caxton = await start()
      const status = async (deed: string, wish: object) => (await act(caxton, 'a', deed, wish)).status
      assert.equal(await status('offer', { name: 'rule-the-world' }), DENIED)
      assert.equal(await status('search', { name: 'rule-the-world' }), DENIED)
      assert.equal(await status('watch', { id: 1, name: 'rule-the-world' }), DENIED)
      assert.equal(await status('offer', { name: '__proto__' }), INVALID)
      assert.equal(await status('offer', { name: 'count', properties: { deep: {} } }), INVALID)
      assert.equal(await status('offer', { name: 'count', properties: [1] }), INVALID)
      assert.equal(await status('offer', { name: 'count', lease_ms: -1 }), INVALID)
      assert.equal(await status('offer', { name: 'count', lease_ms: 2 ** 53 }), INVALID)
      assert.equal(await status('offer', { name: 'count', ontology: 'x'.repeat(257) }), TOO_LARGE)
      const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`p${index}`, index]))
      assert.equal(await status('offer', { name: 'count', properties: many }), TOO_LARGE)
      for (let id = 0; id < 16; id += 1) assert.equal(await status('watch', { id }), 0)
      assert.equal(await status('watch', { id: 16 }), LIMIT)
      assert.equal(await status('watch', { id: 15 }), 0)
      assert.deepEqual((await caxton.directory.search()).offers, [])
    })
  })
}

const AGENT: AgentInput = { name: 'a', source: guest('desk.c'), grants: GRANTS }

test('a lease that is not renewed lapses, and whoever watches is told', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy(AGENT)
  await caxton.deploy({ ...AGENT, name: 'b' })
  const told = listen(caxton)
  const lapsed = Promise.withResolvers<CaxtonEvent>()
  caxton.subscribe((event) => event.type === 'unregistered' && lapsed.resolve(event))
  await act(caxton, 'b', 'watch', { id: 1 })
  await act(caxton, 'a', 'offer', { name: 'count', lease_ms: 20 })
  const { type: _, ...event } = (await lapsed.promise) as CaxtonEvent & { type: 'unregistered' }
  assert.deepEqual([event.agent, event.capability, event.cause], ['a', 'count', 'lapsed'])
  await caxton.idle()
  assert.deepEqual(told.at(-1), {
    watch: 1,
    changes: [{ offered: false, agent: 'a', capability: 'count', cause: 'lapsed' }],
    missed: false,
  })
  assert.deepEqual(caxton.agents()[0]?.capabilities, [])
})

test('what was offered and watched in answer to a message is there after a restart of the system', async (context) => {
  const dataDirectory = createDirectory(context)
  const start = async () => {
    const caxton = await Caxton.start({ threads: 1, dataDirectory })
    const told = listen(caxton)
    await caxton.deployAll([])
    await caxton.deploy({ ...AGENT, name: 'b' })
    await caxton.deploy(AGENT)
    return { caxton, told }
  }
  const first = await start()
  await act(first.caxton, 'b', 'watch', { id: 3, name: 'translate' })
  await act(first.caxton, 'a', 'offer', { name: 'translate', properties: { to: 'de' } })
  await act(first.caxton, 'a', 'offer', { name: 'count', lease_ms: 30 })
  await first.caxton.close()
  await new Promise((resolve) => setTimeout(resolve, 40))
  const second = await start()
  await second.caxton.idle()
  const { offers } = await second.caxton.directory.search()
  assert.deepEqual(offers, [
    { agent: 'a', capability: 'translate', properties: { to: 'de' }, ontology: null, untilMs: null },
  ])
  assert.deepEqual(second.told, [
    { watch: 3, changes: [], missed: true },
    {
      watch: 3,
      changes: [{ offered: true, agent: 'a', capability: 'translate', properties: { to: 'de' } }],
      missed: false,
    },
  ])
  await second.caxton.close()
})
