import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaxtonHost } from './caxton-abi.ts'
import { CAXTON_ABI } from './caxton-abi.ts'
import { encodeText, GUEST_FAULT, GuestMemory } from './guest-memory.ts'
import { STATUS } from './status.ts'

function createHost(overrides: Partial<CaxtonHost> = {}) {
  const calls: unknown[][] = []
  const record =
    <Result>(name: string, result: Result) =>
    (...args: unknown[]) => {
      calls.push([name, ...args.map((arg) => (arg instanceof Uint8Array ? new TextDecoder().decode(arg) : arg))])
      return result
    }
  const host: CaxtonHost = {
    memory: new GuestMemory(new WebAssembly.Memory({ initial: 1 })),
    chargeFuel: record('chargeFuel', undefined),
    send: record('send', STATUS.OK),
    log: record('log', STATUS.OK),
    registerCapability: record('registerCapability', STATUS.OK),
    publish: record('publish', STATUS.OK),
    subscribeTopic: record('subscribeTopic', STATUS.OK),
    unsubscribeTopic: record('unsubscribeTopic', STATUS.NOT_FOUND),
    nowMicros: () => 42n,
    randomU32: () => 0xffff_ffff,
    chargeCost: record('chargeCost', STATUS.OK),
    ask: (service, text, bytes) => {
      calls.push(['ask', service, new TextDecoder().decode(text), bytes.length])
      return STATUS.OK
    },
    request: record('request', STATUS.OK),
    result: null,
    dropResult: record('dropResult', undefined),
    config: (key) => (key === 'top' ? encodeText('20') : undefined),
    storeData: record('storeData', STATUS.OK),
    loadData: (key) => (key === 'here' ? encodeText('kept') : undefined),
    deleteData: record('deleteData', STATUS.OK),
    listData: (prefix) => ['a', 'ab', 'b'].filter((key) => key.startsWith(prefix)),
    setTimer: record('setTimer', STATUS.OK),
    cancelTimer: record('cancelTimer', STATUS.OK),
    ...overrides,
  }
  return { host, calls }
}

function bind(name: string, host: CaxtonHost): (...args: number[]) => number | bigint | undefined {
  const found = CAXTON_ABI.functions.find((candidate) => candidate.name === name)
  assert.ok(found, name)
  return found.bind(host) as (...args: number[]) => number | bigint | undefined
}

test('every function of the ABI has a name of its own, a cost and a summary', () => {
  const names = CAXTON_ABI.functions.map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const { name, fuel, summary } of CAXTON_ABI.functions) {
    assert.ok(fuel > 0, name)
    assert.ok(summary.length > 20, name)
  }
})

test('send_message passes the bytes on and charges for their length', () => {
  const { host, calls } = createHost()
  host.memory.write(16, encodeText('{"a":1}'))
  assert.equal(bind('send_message', host)(16, 7), STATUS.OK)
  assert.deepEqual(calls, [
    ['chargeFuel', 7],
    ['send', '{"a":1}'],
  ])
})

test('functions that read text fault on pointers outside the memory', () => {
  const { host } = createHost()
  const faults: [string, number[]][] = [
    ['send_message', [65_536, 1]],
    ['log', [1, 65_530, 7]],
    ['register_capability', [-1, 5]],
    ['get_config', [-1, 3, 0, 10]],
  ]
  for (const [name, args] of faults) {
    assert.throws(
      () => bind(name, host)(...args),
      (error) => error === GUEST_FAULT,
      name,
    )
  }
})

test('log refuses a level it does not know', () => {
  const { host, calls } = createHost()
  for (const level of [-1, 4, 2 ** 31 - 1]) assert.equal(bind('log', host)(level, 0, 1), STATUS.INVALID)
  assert.deepEqual(calls, [])
})

test('get_config answers the length, and writes only what fits whole', () => {
  const { host } = createHost()
  host.memory.write(0, encodeText('topxyz'))
  const getConfig = bind('get_config', host)
  assert.equal(getConfig(0, 3, 100, 1), 2)
  assert.equal(host.memory.readU16(100), 0)
  assert.equal(getConfig(0, 3, 100, 2), 2)
  assert.equal(host.memory.readText(100, 2), '20')
  assert.equal(getConfig(3, 3, 100, 2), STATUS.NOT_FOUND)
  assert.equal(getConfig(0, 257, 100, 2), STATUS.TOO_LARGE)
})

test('random_u32 answers all 32 bits as a signed number and now_micros a bigint', () => {
  const { host } = createHost()
  assert.equal(bind('random_u32', host)(), -1)
  assert.equal(bind('now_micros', host)(), 42n)
})

test('functions for stored data refuse keys that are none before they look at the value', () => {
  const { host, calls } = createHost()
  host.memory.write(16, Uint8Array.of(0x61, 0, 0x62, 0xff))
  const store = bind('store_data', host)
  for (const [length, pointer, status] of [
    [0, 16, STATUS.INVALID],
    [3, 16, STATUS.INVALID],
    [1, 19, STATUS.INVALID],
    [257, 16, STATUS.TOO_LARGE],
  ] as const) {
    assert.equal(store(pointer, length, -1, 1), status)
    for (const name of ['load_data', 'delete_data']) assert.equal(bind(name, host)(pointer, length, 0, 0), status)
  }
  assert.deepEqual(calls, [])
  assert.throws(
    () => store(16, 1, 65_530, 7),
    (thrown) => thrown === GUEST_FAULT,
  )
  assert.equal(store(16, 1, 16, 1), STATUS.OK)
  assert.deepEqual(calls.slice(1), [
    ['chargeFuel', 1],
    ['storeData', 'a', 'a'],
  ])
})

test('load_data and list_data write nothing where there is too little room, and answer how much it takes', () => {
  const { host } = createHost()
  host.memory.write(16, encodeText('herea'))
  assert.equal(bind('load_data', host)(16, 4, 100, 3), 4)
  assert.deepEqual(host.memory.read(100, 4), new Uint8Array(4))
  assert.equal(bind('load_data', host)(16, 4, 100, 4), 4)
  assert.equal(host.memory.readText(100, 5), 'kept\0')
  assert.equal(bind('load_data', host)(20, 1, 100, 4), STATUS.NOT_FOUND)
  assert.equal(bind('list_data', host)(20, 1, 200, 4), 5)
  assert.equal(host.memory.readU8(200), 0)
  assert.equal(bind('list_data', host)(20, 1, 200, 5), 5)
  assert.equal(host.memory.readText(200, 6), 'a\0ab\0\0')
})

test('functions for topics read names of bounded length, and publish flags that they know', () => {
  const { host, calls } = createHost()
  host.memory.write(16, encodeText('a.b{}'))
  for (const name of ['subscribe_topic', 'unsubscribe_topic']) assert.equal(bind(name, host)(16, 129), STATUS.TOO_LARGE)
  const publish = bind('publish', host)
  assert.equal(publish(16, 129, 19, 2, 0), STATUS.TOO_LARGE)
  for (const flags of [2, 3, -1]) assert.equal(publish(16, 3, 19, 2, flags), STATUS.INVALID)
  assert.deepEqual(calls, [])
  assert.throws(
    () => publish(16, 3, 65_530, 7, 0),
    (thrown) => thrown === GUEST_FAULT,
  )
  assert.deepEqual([publish(16, 3, 19, 2, 0), publish(16, 3, 19, 2, 1)], [STATUS.OK, STATUS.OK])
  assert.equal(bind('subscribe_topic', host)(16, 3), STATUS.OK)
  assert.equal(bind('unsubscribe_topic', host)(16, 3), STATUS.NOT_FOUND)
  assert.deepEqual(calls.slice(1), [
    ['chargeFuel', 2],
    ['publish', 'a.b', '{}', false],
    ['chargeFuel', 2],
    ['publish', 'a.b', '{}', true],
    ['subscribeTopic', 'a.b'],
    ['unsubscribeTopic', 'a.b'],
  ])
})
