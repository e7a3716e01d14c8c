import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { agentWat, assemble } from '../fixtures.test.ts'
import { Driver, toBeginning } from './driver.ts'
import { readFrames } from './frames.ts'

interface Agent {
  readonly caxton_alloc: CallableFunction
  readonly handle_message: CallableFunction
}

function createAgent(body: string, fields = '', imports: WebAssembly.Imports = {}): Agent {
  const module = new WebAssembly.Module(assemble(agentWat(body, fields)) as Uint8Array<ArrayBuffer>)
  return new WebAssembly.Instance(module, imports).exports as unknown as Agent
}

suite('the driver', () => {
  test('hands messages to one guest after the other, each where it has made room', async () => {
    const log: unknown[] = []
    const lengths = [5, 2 ** 31 - 1, 0, 7]
    const driver = new Driver({
      begin: () => (lengths.length > 0 ? toBeginning(seats[lengths.length % 2]!, lengths.shift()!) : -1),
      place: (pointer) => log.push(pointer),
      end: (status) => log.push(status),
    })
    const seats = [createAgent('(local.get $len)'), createAgent('(i32.sub (i32.const 0) (local.get $len))')].map(
      (agent) => driver.seat(agent.caxton_alloc, agent.handle_message),
    )
    await driver.drive()
    assert.deepEqual(log, [4_096, 5, 4_096, -(2 ** 31 - 1), 4_096, 0, 4_096, -7])
  })

  test('ends with what a guest has thrown, hides its own frame, and goes on with the next', async () => {
    const ends: number[] = []
    let seat = 0
    let left = 1
    const driver = new Driver({
      begin: () => (left-- > 0 ? toBeginning(seats[seat]!, 1) : -1),
      place: () => {},
      end: (status) => ends.push(status),
    })
    const trapping = createAgent('(unreachable)')
    const seats = [trapping, createAgent('(i32.const 3)')].map((agent) =>
      driver.seat(agent.caxton_alloc, agent.handle_message),
    )
    const thrown = await driver.drive().then(
      () => null,
      (error: unknown) => error,
    )
    assert.ok(thrown instanceof WebAssembly.RuntimeError)
    assert.equal(readFrames(thrown).length, 1)
    seat = 1
    left = 2
    await driver.drive()
    assert.deepEqual(ends, [3, 3])
  })

  test('is suspended with its guest while another drive runs', async () => {
    const gate = Promise.withResolvers<number>()
    const pause = new WebAssembly.Suspending((() => gate.promise) as (...args: never[]) => unknown)
    const waiting = createAgent('(call $pause)', '(import "host" "pause" (func $pause (result i32)))', {
      host: { pause: pause as WebAssembly.ImportValue },
    })
    const queue = [0, 1, 1]
    const ends: number[] = []
    const driver = new Driver({
      begin: () => (queue.length > 0 ? toBeginning(seats[queue.shift()!]!, 1) : -1),
      place: () => {},
      end: (status) => ends.push(status),
    })
    const seats = [waiting, createAgent('(i32.const 5)')].map((agent) =>
      driver.seat(agent.caxton_alloc, agent.handle_message),
    )
    const first = driver.drive()
    await driver.drive()
    assert.deepEqual(ends, [5, 5])
    gate.resolve(9)
    await first
    assert.deepEqual(ends, [5, 5, 9])
  })

  test('gives the seat of a guest that has left to the next', () => {
    const driver = new Driver({ begin: () => -1, place: () => {}, end: () => {} })
    const { caxton_alloc, handle_message } = createAgent('(i32.const 0)')
    const first = driver.seat(caxton_alloc, handle_message)
    const second = driver.seat(caxton_alloc, handle_message)
    driver.leave(first)
    assert.deepEqual(driver.seat(caxton_alloc, handle_message), first)
    assert.notDeepEqual(first, second)
  })
})
