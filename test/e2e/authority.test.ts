import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, suite, test } from 'node:test'
import type { AgentInput, CaxtonEvent, Performative } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'

const GIVER = new URL('../../guests/authority/giver.c', import.meta.url).pathname
const HOLDER = new URL('../../guests/authority/holder.as.ts', import.meta.url).pathname
const BROKER = new URL('../../guests/authority/broker.ts', import.meta.url).pathname
const DENIED = -1
const NOT_FOUND = -6
const LIMIT = -7
const SECRET = 'Bearer a key that no agent sees'

const seen: { readonly url: string; readonly authorization: string | undefined }[] = []
const server = createServer(({ url = '', headers }, response) => {
  seen.push({ url, authorization: headers.authorization })
  response.end(url)
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
after(() => {
  server.closeAllConnections()
  server.close()
})

const GIVER_INPUT: AgentInput = {
  name: 'giver',
  source: GIVER,
  grants: {
    http: [
      {
        url: `${origin}/v1/*`,
        methods: ['GET', 'POST'],
        secrets: { authorization: '{key}' },
        rate: '3/h',
      },
    ],
    delegate: ['http'],
    spawn: { templates: ['echo'], agents: 2 },
    send: ['*'],
  },
}

interface Answer {
  readonly status: number
  readonly text: string
}

async function ask(caxton: Caxton, agent: string, performative: Performative, content: unknown) {
  const reply = await caxton.request({ performative, receiver: agent, content })
  return reply.content as Answer
}

async function fetchBy(caxton: Caxton, agent: string, handle: string, path: string): Promise<unknown> {
  return (await caxton.request({ performative: 'request', receiver: agent, content: { handle, url: origin + path } }))
    .content
}

async function start(isolation: 'thread' | 'process'): Promise<Caxton> {
  const caxton = await Caxton.start({ threads: 1, secrets: { key: { value: SECRET } } })
  const place: Pick<AgentInput, 'isolation'> = { isolation: isolation === 'process' ? 'process:authority' : 'thread' }
  await caxton.deploy({ ...GIVER_INPUT, ...place })
  await caxton.deploy({ name: 'holder', source: HOLDER, ...place })
  await caxton.deploy({ name: 'other', source: HOLDER, ...place })
  return caxton
}

for (const isolation of ['thread', 'process'] as const) {
  suite(`authority that an agent in a ${isolation} hands on`, () => {
    test('is used, narrowed, paused, resumed and revoked, and its chain can be read', async () => {
      await using caxton = await start(isolation)
      const value = [{ url: `${origin}/v1/users`, methods: ['GET'] }]
      const { status, text: handle } = await ask(caxton, 'giver', 'propose', { to: 'holder', value })
      assert.equal(status, 0)
      assert.equal(await fetchBy(caxton, 'holder', handle, '/v1/users'), '/v1/users')
      assert.equal(seen.at(-1)?.authorization, SECRET)
      assert.equal(await fetchBy(caxton, 'holder', handle, '/v1/other'), DENIED)
      assert.equal(await fetchBy(caxton, 'other', handle, '/v1/users'), DENIED)
      assert.equal(await fetchBy(caxton, 'holder', 'g99', '/v1/users'), DENIED)
      const [shown] = caxton.delegations()
      assert.deepEqual(
        [shown?.giver, shown?.holder, shown?.grant, shown?.chain, shown?.written],
        ['giver', 'holder', 'http', [handle], value],
      )
      assert.equal((await ask(caxton, 'giver', 'cancel', { from: handle, state: 1 })).status, 0)
      assert.equal(await fetchBy(caxton, 'holder', handle, '/v1/users'), DENIED)
      assert.equal((await ask(caxton, 'giver', 'cancel', { from: handle, state: 0 })).status, 0)
      assert.equal(await fetchBy(caxton, 'holder', handle, '/v1/users'), '/v1/users')
      caxton.setDelegation(handle, 'revoked')
      assert.equal(await fetchBy(caxton, 'holder', handle, '/v1/users'), DENIED)
      assert.deepEqual(caxton.delegations(), [])
    })

    test('is never wider than what it is made of, and its use counts where it comes from', async () => {
      await using caxton = await start(isolation)
      const wider = [
        [{ url: `${origin}/*`, methods: ['GET'] }],
        [{ url: `${origin}/v1/*`, methods: ['DELETE'] }],
        [{ url: `${origin}/v1/*`, methods: ['GET'], secrets: { 'x-key': '{key}' } }],
        [{ url: 'http://169.254.169.254/*', methods: ['GET'] }],
      ]
      for (const value of wider) {
        assert.equal(
          (await ask(caxton, 'giver', 'propose', { to: 'holder', value })).status,
          DENIED,
          JSON.stringify(value),
        )
      }
      const value = [{ url: `${origin}/v1/*`, methods: ['GET'], rate: '1000/s' }]
      const first = await ask(caxton, 'giver', 'propose', { to: 'holder', value })
      const second = await ask(caxton, 'giver', 'propose', { to: 'other', value })
      assert.equal(await fetchBy(caxton, 'holder', first.text, '/v1/1'), '/v1/1')
      assert.equal(await fetchBy(caxton, 'other', second.text, '/v1/2'), '/v1/2')
      assert.equal(await fetchBy(caxton, 'holder', first.text, '/v1/3'), '/v1/3')
      assert.equal(await fetchBy(caxton, 'other', second.text, '/v1/4'), LIMIT)
    })
  })
}

test('an agent starts others of its templates, may write to them, and takes them along', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const events: CaxtonEvent[] = []
  caxton.subscribe((event) => void events.push(event))
  caxton.addTemplate({ name: 'echo', source: HOLDER, config: { a: '1' } })
  caxton.addTemplate({ name: 'wide', source: HOLDER, grants: { clock: '1us' } })
  await caxton.deploy({
    ...GIVER_INPUT,
    grants: { delegate: ['http'], spawn: { templates: ['echo', 'wide'], agents: 2 } },
  })
  assert.deepEqual(await ask(caxton, 'giver', 'request', { to: 'echo', value: { b: '2' } }), {
    status: 0,
    text: 'giver.echo-1',
  })
  assert.equal((await ask(caxton, 'giver', 'request', { to: 'wide' })).status, DENIED)
  assert.equal((await ask(caxton, 'giver', 'request', { to: 'nothing' })).status, DENIED)
  assert.equal((await ask(caxton, 'giver', 'request', { to: 'echo' })).text, 'giver.echo-2')
  assert.equal((await ask(caxton, 'giver', 'request', { to: 'echo' })).status, LIMIT)
  assert.deepEqual(
    caxton.agents().map(({ name, phase }) => [name, phase]),
    [
      ['giver', 'running'],
      ['giver.echo-1', 'running'],
      ['giver.echo-2', 'running'],
    ],
  )
  assert.equal((await ask(caxton, 'giver', 'inform-ref', { to: 'giver.echo-1' })).status, 0)
  assert.equal((await ask(caxton, 'giver', 'inform-ref', { to: 'stranger' })).status, DENIED)
  const audits = events.filter((event) => event.type === 'audit')
  assert.deepEqual(audits.map(({ service, outcome }) => [service, outcome]).slice(0, 3), [
    ['spawn', 'ok'],
    ['spawn', 'denied'],
    ['spawn', 'denied'],
  ])
  assert.ok(audits[0]!.durationMs > 0, 'starting an agent takes time')
  await assert.rejects(ask(caxton, 'giver', 'disconfirm', {}))
  await caxton.idle()
  assert.deepEqual(
    caxton.agents().map(({ name, phase }) => [name, phase]),
    [['giver', 'failed']],
  )
})

test('agents that are started anew stay below the one that started them', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  const restart = { max: 3, within: '60s' }
  const spawns = { templates: ['crash'], agents: 1 }
  caxton.addTemplate({ name: 'crash', source: GIVER, restart, grants: { delegate: ['http'], spawn: spawns } })
  await caxton.deploy({ ...GIVER_INPUT, grants: { delegate: ['http'], spawn: spawns } })
  const spawn = () => ask(caxton, 'giver', 'request', { to: 'crash' })
  const names = () => caxton.agents().map(({ name, phase }) => [name, phase])
  assert.equal((await spawn()).text, 'giver.crash-1')
  await assert.rejects(ask(caxton, 'giver.crash-1', 'disconfirm', {}))
  assert.equal((await spawn()).status, LIMIT)
  await caxton.idle()
  const both = [
    ['giver', 'running'],
    ['giver.crash-1', 'running'],
  ]
  assert.deepEqual(names(), both)
  assert.equal((await spawn()).status, LIMIT)
  const dying = ask(caxton, 'giver.crash-1', 'disconfirm', {})
  await assert.rejects(dying)
  await assert.rejects(ask(caxton, 'giver', 'disconfirm', {}))
  await caxton.idle()
  assert.deepEqual(names(), [['giver', 'failed']])
})

test('a script passes on what it was given, takes it back, and starts helpers', async () => {
  await using caxton = await start('thread')
  caxton.addTemplate({ name: 'helper', source: HOLDER })
  const grants = { delegate: ['http'], spawn: { templates: ['helper'], agents: 1 } }
  await caxton.deploy({ name: 'broker', source: BROKER, grants })
  const tell = async (content: unknown) =>
    (await caxton.request({ performative: 'request', receiver: 'broker', content })).content
  const value = [{ url: `${origin}/v1/*`, methods: ['GET'] }]
  const { text: handle } = await ask(caxton, 'giver', 'propose', { to: 'broker', value })
  assert.deepEqual(await tell({ deed: 'fetch', handle, url: `${origin}/v1/a` }), { value: '/v1/a' })
  const narrower = { to: 'holder', grant: 'http', value: [{ url: `${origin}/v1/b`, methods: ['GET'] }], from: handle }
  const { value: second } = (await tell({ deed: 'delegate', request: narrower })) as { value: string }
  assert.equal(await fetchBy(caxton, 'holder', second, '/v1/b'), '/v1/b')
  assert.equal(await fetchBy(caxton, 'holder', second, '/v1/a'), DENIED)
  const wider = { ...narrower, value: [{ url: `${origin}/*`, methods: ['GET'] }] }
  assert.deepEqual(await tell({ deed: 'delegate', request: wider }), { status: DENIED })
  assert.deepEqual(await tell({ deed: 'set', handle: second, state: 'revoked' }), {})
  assert.equal(await fetchBy(caxton, 'holder', second, '/v1/b'), DENIED)
  assert.deepEqual(await tell({ deed: 'spawn', request: { template: 'helper' } }), { value: 'broker.helper-1' })
  assert.deepEqual(await tell({ deed: 'spawn', request: { template: 'helper' } }), { status: LIMIT })
  assert.deepEqual(await tell({ deed: 'stop', name: 'giver' }), { status: NOT_FOUND })
  assert.deepEqual(await tell({ deed: 'stop', name: 'broker.helper-1' }), {})
})
