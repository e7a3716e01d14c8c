import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Grants, SpawnGrant } from '../../capability/index.ts'
import { NO_GRANTS, STATUS } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import type { SpawnRequest } from './service.ts'
import { SpawnService } from './service.ts'

const WORKERS: SpawnGrant = { templates: ['worker', 'wide', 'nest'], agents: 3 }

class World {
  readonly agents = new Map<string, Grants>()
  readonly requests: SpawnRequest[] = []
  readonly templates = new Map<string, Grants>([
    ['worker', { ...NO_GRANTS, log: 'info', send: ['boss'] }],
    ['wide', { ...NO_GRANTS, clock: { resolutionMicros: 1 } }],
    ['nest', { ...NO_GRANTS, spawn: { templates: ['worker'], agents: 3 } }],
    ['secret', NO_GRANTS],
  ])
  onDeploy: () => void = () => {}
  readonly service = new SpawnService({
    grantsOf: (agent) => this.agents.get(agent) ?? null,
    templateGrants: (template) => this.templates.get(template) ?? null,
    deploy: async (request) => {
      this.onDeploy()
      this.requests.push(request)
      this.agents.set(request.name, request.grants)
    },
    stop: async (agent) => this.end(agent),
  })

  constructor() {
    this.agents.set('boss', { ...NO_GRANTS, log: 'debug', spawn: WORKERS })
  }

  end(agent: string, isStartedAnew = false): void {
    if (this.agents.delete(agent)) this.service.endAgent(agent, isStartedAnew)
  }

  async spawn(starter: string, request: unknown): Promise<string | number> {
    const text = typeof request === 'string' ? request : JSON.stringify(request)
    const answer = await this.service.spawn(starter, { id: 1, service: 'spawn_agent', text, bytes: new Uint8Array() })
    return answer.status < 0
      ? answer.status
      : (JSON.parse(Buffer.from(answer.bytes).toString()) as { name: string }).name
  }

  async stop(starter: string, name: string): Promise<number> {
    return (await this.service.stop(starter, { id: 1, service: 'stop_agent', text: name, bytes: new Uint8Array() }))
      .status
  }
}

suite('an agent that starts others', () => {
  test('gets one of a template under a name of its own, with the grants of the template and the way back', async () => {
    const world = new World()
    assert.equal(await world.spawn('boss', { template: 'worker' }), 'boss.worker-1')
    assert.equal(await world.spawn('boss', { template: 'worker', name: 'two', config: { k: 'v' } }), 'boss.two')
    const [, { grants, config, starter }] = world.requests as [SpawnRequest, SpawnRequest]
    assert.deepEqual(grants, { ...NO_GRANTS, log: 'info', send: ['boss'] })
    assert.deepEqual([config, starter], [{ k: 'v' }, 'boss'])
  })

  test('gets none that is not granted, unknown, or wider than itself', async () => {
    const world = new World()
    for (const template of ['secret', 'nobody', 'wide', '__proto__']) {
      assert.equal(await world.spawn('boss', { template }), STATUS.DENIED, template)
    }
    world.agents.set('other', NO_GRANTS)
    assert.equal(await world.spawn('other', { template: 'worker' }), STATUS.DENIED)
    assert.deepEqual(world.requests, [])
  })

  for (const { name, request } of [
    { name: 'no JSON', request: '{' },
    { name: 'no object', request: [] },
    { name: 'no template', request: {} },
    { name: 'a field that is not known', request: { template: 'worker', grants: { log: 'debug' } } },
    { name: 'a name that is none', request: { template: 'worker', name: '../bank' } },
    { name: 'a name that is too long', request: { template: 'worker', name: 'a'.repeat(60) } },
    { name: 'configuration that is no text', request: { template: 'worker', config: { a: 1 } } },
    {
      name: 'too much configuration',
      request: { template: 'worker', config: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [i, ''])) },
    },
  ]) {
    test(`is told INVALID for ${name}`, async () => {
      assert.equal(await new World().spawn('boss', request), STATUS.INVALID)
    })
  }

  test('has its bound for all that are below it, however deep, and gets room back when one ends', async () => {
    const world = new World()
    assert.equal(await world.spawn('boss', { template: 'nest', name: 'n' }), 'boss.n')
    assert.equal(await world.spawn('boss.n', { template: 'worker', name: 'a' }), STATUS.DENIED)
    world.templates.set('worker', { ...NO_GRANTS, send: ['boss.n'] })
    assert.equal(await world.spawn('boss.n', { template: 'worker', name: 'a' }), 'boss.n.a')
    assert.equal(await world.spawn('boss.n', { template: 'worker', name: 'b' }), 'boss.n.b')
    assert.equal(await world.spawn('boss.n', { template: 'worker', name: 'c' }), STATUS.LIMIT)
    assert.equal(await world.spawn('boss', { template: 'nest' }), STATUS.LIMIT)
    world.end('boss.n.a')
    assert.equal(await world.spawn('boss.n', { template: 'worker', name: 'c' }), 'boss.n.c')
  })

  test('takes those it has started along when it ends', async () => {
    const world = new World()
    world.templates.set('worker', NO_GRANTS)
    await world.spawn('boss', { template: 'nest', name: 'n' })
    await world.spawn('boss.n', { template: 'worker', name: 'a' })
    world.agents.set('bystander', NO_GRANTS)
    world.end('boss')
    assert.deepEqual([...world.agents.keys()], ['bystander'])
    assert.equal(world.service.countBelow('boss'), 0)
  })

  test('stops its own and nobody else’s', async () => {
    const world = new World()
    await world.spawn('boss', { template: 'worker', name: 'w' })
    world.agents.set('other', NO_GRANTS)
    assert.equal(await world.stop('other', 'boss.w'), STATUS.NOT_FOUND)
    assert.equal(await world.stop('boss', 'other'), STATUS.NOT_FOUND)
    assert.equal(await world.stop('boss', 'boss.w'), STATUS.OK)
    assert.ok(!world.agents.has('boss.w'))
  })

  test('loses one that was still being made when it ended, and keeps no room for one that failed', async () => {
    const world = new World()
    world.onDeploy = () => world.end('boss')
    await world.spawn('boss', { template: 'worker', name: 'w' })
    assert.ok(!world.agents.has('boss.w'))
    const failing = new World()
    failing.onDeploy = () => {
      throw new CaxtonError('ERR_GUEST_STATUS')
    }
    for (let count = 0; count < 9; count += 1) {
      assert.equal(await failing.spawn('boss', { template: 'worker' }), STATUS.FAILED)
    }
    assert.equal(failing.service.countBelow('boss'), 0)
  })

  test('cannot take a name that is taken, and keeps count of whoever has it', async () => {
    const world = new World()
    world.agents.set('boss.other', NO_GRANTS)
    assert.equal(await world.spawn('boss', { template: 'worker', name: 'other' }), STATUS.INVALID)
    assert.equal(await world.stop('boss', 'boss.other'), STATUS.NOT_FOUND)
    assert.equal(await world.spawn('boss', { template: 'worker', name: 'w' }), 'boss.w')
    for (let count = 0; count < 3; count += 1) {
      assert.equal(await world.spawn('boss', { template: 'worker', name: 'w' }), STATUS.INVALID)
    }
    assert.deepEqual([world.requests.length, world.service.countBelow('boss')], [1, 1])
    world.end('boss')
    assert.ok(!world.agents.has('boss.w'))
  })

  test('has those that are started anew counted, and may stop them meanwhile', async () => {
    const world = new World()
    assert.equal(await world.spawn('boss', { template: 'worker', name: 'w' }), 'boss.w')
    world.end('boss.w', true)
    assert.equal(world.service.countBelow('boss'), 1)
    assert.equal(await world.spawn('boss', { template: 'worker', name: 'w' }), STATUS.INVALID)
    assert.equal(await world.stop('boss', 'boss.w'), STATUS.OK)
  })

  test('loses one that was still being made when it ended, even if it is back before that is made', async () => {
    const world = new World()
    const boss = world.agents.get('boss')!
    world.onDeploy = () => {
      world.end('boss', true)
      world.agents.set('boss', boss)
    }
    await world.spawn('boss', { template: 'worker', name: 'w' })
    assert.ok(!world.agents.has('boss.w'))
  })
})
