import assert from 'node:assert/strict'
import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { promisify } from 'node:util'
import type { AgentInput, CaxtonEvent, CaxtonOptions } from '../../src/index.ts'
import { Caxton, loadSystem, readOffers } from '../../src/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'
import { ROOT, runSystem } from './run-system.ts'

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

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname

async function list(data: string, ...flags: string[]): Promise<string> {
  const args = [CLI, 'directory', 'list', '--data', data, ...flags]
  return (await promisify(execFile)(process.execPath, args)).stdout
}

test('what was offered in answer to a message is offered again after kill -9, and its lease goes on in the time of day', async (context) => {
  const dataDirectory = createDirectory(context)
  const child = fork(join(import.meta.dirname, 'directory-process.ts'), [dataDirectory, guest('desk.c')])
  const ended = once(child, 'exit')
  const said = (await Promise.race([once(child, 'message'), ended.then(() => null)])) as [number] | null
  assert.ok(said !== null, 'it ended by itself')
  const [untilMs] = said
  assert.match(await list(dataDirectory), /^a +translate +offered +– +words +{"to":"de"}$/m)
  child.kill('SIGKILL')
  await ended
  await using caxton = await Caxton.start({ threads: 1, dataDirectory })
  assert.deepEqual((await caxton.directory.search()).offers, [])
  await caxton.deploy({ ...AGENT, grants: { ...GRANTS, register: ['count', 'translate', 'sort'] } })
  const { offers } = await caxton.directory.search()
  assert.deepEqual(
    offers.map((offer) => ({ ...offer })),
    [
      { agent: 'a', capability: 'count', properties: {}, ontology: null, untilMs },
      { agent: 'a', capability: 'translate', properties: { to: 'de' }, ontology: 'words', untilMs: null },
    ],
  )
  assert.deepEqual(caxton.agents()[0]?.capabilities, ['count', 'translate'])
})

test('what is offered is listed while the system runs, and after it has ended', async (context) => {
  const data = createDirectory(context)
  await using caxton = await Caxton.start({ threads: 1, dataDirectory: data })
  await caxton.deploy(AGENT)
  await act(caxton, 'a', 'offer', { name: 'translate', properties: { to: '\u001b[31mred' }, lease_ms: 60_000 })
  await caxton.data.flush()
  const running = await list(data)
  assert.match(running, /^agent +capability +state +lapses +ontology +properties$/m)
  assert.ok(!running.includes('\u001b[31m'), 'a terminal obeys nothing that an agent says')
  const rows = (await list(data, '--json')).trimEnd()
  assert.deepEqual(JSON.parse(rows), readOffers(data)[0])
  await caxton.close()
  assert.equal(await list(data), running)
})

test('a system file says which agent a capability picks, for messages of agents and of the user', async (context) => {
  const folder = createDirectory(context)
  const file = join(folder, 'caxton.toml')
  const agent = (name: string) =>
    `[agents.${name}]\nsource = ${JSON.stringify(guest('desk.c'))}\ngrants = { register = ["count"], directory = ["count"], send = ["*"] }\n`
  writeFileSync(file, `name = "picks"\n${agent('a')}${agent('b')}[capabilities.count]\nstrategy = "sticky"\n`)
  const system = await loadSystem(file)
  await using caxton = await Caxton.start({ threads: 1, capabilities: system.capabilities })
  await caxton.deployAll(system.agents)
  for (const name of ['a', 'b']) await act(caxton, name, 'register', { name: 'count' })
  const asked = async (conversation_id: string) => {
    const message = { performative: 'request', receiver: 'capability:count', conversation_id } as const
    return (await caxton.request({ ...message, content: { deed: 'withdraw', name: 'none' } })).sender
  }
  const senders: string[] = []
  for (const conversation of ['x', 'y', 'x', 'x', 'y']) senders.push(await asked(conversation))
  assert.deepEqual(senders, ['a', 'b', 'a', 'a', 'b'])
})

test('a message to all that offer a capability is answered by each', async () => {
  await using caxton = await Caxton.start({ threads: 1, capabilities: { count: { strategy: 'all' } } })
  const answers: string[] = []
  for (const name of ['a', 'b', 'c']) {
    await caxton.deploy({ ...AGENT, name })
    await act(caxton, name, 'register', { name: 'count' })
  }
  caxton.subscribe((event) => {
    if (event.type === 'delivered' && event.agent === 'user') answers.push(event.message.sender)
  })
  caxton.send({ performative: 'request', receiver: 'capability:count', content: { deed: 'register', name: 'count' } })
  await caxton.idle()
  assert.deepEqual(answers.toSorted(), ['a', 'b', 'c'])
  await assert.rejects(caxton.request({ performative: 'request', receiver: 'capability:count' }), {
    code: 'ERR_MESSAGE_INVALID',
  })
})

test('the example finds whoever says what is searched for, and nobody else', async () => {
  const run = await runSystem(join(ROOT, 'examples/directory/caxton.toml'))
  assert.equal(run.exitCode, 0, run.stderr)
  assert.deepEqual(run.summary?.result?.content, { de: 'hallo', fr: 'bonjour', it: null })
})
