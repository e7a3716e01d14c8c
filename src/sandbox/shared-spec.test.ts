import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { NO_GRANTS } from '../capability/index.ts'
import { DEFAULT_LIMITS, DEFAULT_SCHEDULING } from '../core/index.ts'
import { COUNTER, createPool, deploy } from './fixtures.test.ts'
import { NOTHING_KEPT } from './kept/kept.ts'
import type { GuestSpec } from './protocol.ts'
import type { PartMessage } from './shared-spec.ts'
import { SpecParts, SpecSharing } from './shared-spec.ts'

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const MODULES = [new WebAssembly.Module(EMPTY), new WebAssembly.Module(EMPTY), new WebAssembly.Module(EMPTY)] as const
const NAMES = { fuel: 'f', refusedPages: 'r', slice: 's', stack: 't', stackFloor: 'o', tableGrowth: 'g' }

function createSpec(agent: number, fields: Partial<GuestSpec> = {}): GuestSpec {
  return {
    agent,
    name: `agent-${agent}`,
    door: 'caxton',
    script: null,
    grants: NO_GRANTS,
    limits: DEFAULT_LIMITS,
    config: {},
    args: [],
    env: {},
    stdin: new Uint8Array(),
    mounts: [],
    kept: NOTHING_KEPT,
    module: MODULES[0],
    imports: [],
    names: NAMES,
    tableElements: 0,
    instantiationFuel: 0,
    scheduling: DEFAULT_SCHEDULING,
    holdsSends: false,
    ...fields,
  }
}

function connect() {
  const parts = new SpecParts()
  const sent: PartMessage[] = []
  const sharing = new SpecSharing((message) => {
    sent.push(message)
    parts.take(message)
  })
  return { sent, sharing, parts }
}

const kinds = (sent: readonly PartMessage[]) => sent.map(({ type, part }) => `${type} ${part}`)

suite('specs of agents', () => {
  test('are read as they were written, whatever was sent before', () => {
    const field = fc.record({
      module: fc.constantFrom(...MODULES),
      limits: fc.integer({ min: 1, max: 3 }).map((fuel) => ({ ...DEFAULT_LIMITS, fuel })),
      config: fc.dictionary(fc.constantFrom('a', '__proto__'), fc.string({ maxLength: 2 }), {
        maxKeys: 2,
        noNullPrototype: true,
      }),
      args: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
      stdin: fc.uint8Array({ maxLength: 2 }),
      kept: fc.nat({ max: 1 }).map((lastSetting) => ({ ...NOTHING_KEPT, lastSetting })),
      leaves: fc.boolean(),
    })
    const property = fc.property(fc.array(field, { maxLength: 20 }), (fields) => {
      const { sharing, parts } = connect()
      for (const [agent, { leaves, ...own }] of fields.entries()) {
        const spec = createSpec(agent, own)
        assert.deepEqual(parts.read(sharing.write(spec)), spec)
        if (leaves) sharing.release(agent)
      }
    })
    fc.assert(property, { numRuns: 100 })
  })

  test('send what they have alike once, and have it forgotten behind the last of them', () => {
    const { sent, sharing } = connect()
    for (const agent of [1, 2]) sharing.write(createSpec(agent))
    assert.deepEqual(kinds(sent), ['part 1', 'part 2'])
    sharing.write(createSpec(3, { module: MODULES[1] }))
    assert.deepEqual(kinds(sent), ['part 1', 'part 2', 'part 3'])
    for (const agent of [1, 1, 2, 2]) sharing.release(agent)
    assert.deepEqual(kinds(sent).slice(3), ['forget-part 1'])
    sharing.release(3)
    sharing.release(4)
    assert.deepEqual(kinds(sent).slice(4), ['forget-part 3', 'forget-part 2'])
    sharing.write(createSpec(5))
    assert.deepEqual(kinds(sent).slice(6), ['part 4', 'part 5'])
  })

  test('of one module are alike to a thread, with other limits for each', async () => {
    await using pool = createPool()
    const agents = []
    for (let agent = 0; agent < 3; agent += 1) {
      agents.push(await deploy(pool, COUNTER, { name: `a${agent}`, limits: { fuel: 100 + agent } }))
    }
    await agents[0]!.sandbox.close()
    for (const { handle } of agents.slice(1)) assert.equal((await handle()).status, 1)
    const again = await deploy(pool, COUNTER, { limits: { fuel: 100 } })
    assert.equal((await again.handle()).status, 1)
  })
})
