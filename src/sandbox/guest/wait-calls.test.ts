import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { HostModule, Wait } from '../../capability/index.ts'
import { GUEST_FAULT, NO_GRANTS } from '../../capability/index.ts'
import { DEFAULT_LIMITS } from '../../core/index.ts'
import { linkImports } from './linker.ts'
import { Meter } from './meter.ts'
import { TRAP } from './trap.ts'
import { WaitCalls } from './wait-calls.ts'
import { WAITS } from './wait-gate.ts'

/** A wait that the test ends when it likes. */
class ManualWait implements Wait {
  readonly refused = 58
  wake: () => void = () => {}
  begun = 0
  givenUp = 0
  answer: () => number | Wait = () => 7

  begin(wake: () => void): () => void {
    this.begun += 1
    this.wake = wake
    return () => {
      this.givenUp += 1
    }
  }

  finish(): number | Wait {
    return this.answer()
  }
}

function createCalls(wait: Wait | number, { canSuspend = true, waitMs = 60_000 } = {}) {
  const meter = new Meter(DEFAULT_LIMITS)
  const calls = new WaitCalls(meter, waitMs, () => canSuspend)
  meter.begin()
  calls.begin()
  calls.bind(0, { call: () => wait, cost: 100n, count: meter.countOf('f'), fault: 21 })
  return { calls, meter }
}

function open(calls: WaitCalls): string[] {
  const ready: string[] = []
  assert.equal(calls.attempt(0, []), WAITS)
  calls.open(() => ready.push('ready'))
  return ready
}

suite('waiting host calls', () => {
  test('that answer at once suspend nobody and are paid', () => {
    const { calls, meter } = createCalls(3)
    assert.equal(calls.attempt(0, []), 3)
    assert.deepEqual([meter.hostCalls, meter.fuelUsed, calls.isOpen], [1, 100, false])
  })

  test('answer what they refuse with where the guest cannot be suspended, and begin nothing', () => {
    const wait = new ManualWait()
    const { calls } = createCalls(wait, { canSuspend: false })
    assert.equal(calls.attempt(0, []), 58)
    assert.equal(wait.begun, 0)
  })

  test('are refused where the host has called the guest from JavaScript', () => {
    const { calls, meter } = createCalls(new ManualWait())
    assert.equal(
      meter.call(() => calls.attempt(0, [])),
      58,
    )
    assert.equal(calls.attempt(0, []), WAITS)
  })

  test('answer when they are woken, once, however often that is', () => {
    const wait = new ManualWait()
    const { calls } = createCalls(wait)
    const ready = open(calls)
    assert.equal(calls.isWaiting, true)
    wait.wake()
    wait.wake()
    assert.deepEqual([ready, calls.isWaiting, calls.isOpen], [['ready'], false, true])
    assert.equal(calls.finish(), 7)
    wait.wake()
    assert.deepEqual([ready, wait.givenUp], [['ready'], 0])
  })

  test('may be woken before they have begun', () => {
    const wait: Wait = {
      refused: 0,
      begin: (wake) => {
        wake()
        return () => assert.fail('given up')
      },
      finish: () => 5,
    }
    const { calls } = createCalls(wait)
    assert.deepEqual(open(calls), ['ready'])
    assert.equal(calls.finish(), 5)
  })

  test('may wait for more', () => {
    const [first, second] = [new ManualWait(), new ManualWait()]
    first.answer = () => second
    const { calls } = createCalls(first)
    open(calls)
    first.wake()
    assert.equal(calls.finish(), WAITS)
    const ready: string[] = []
    calls.open(() => ready.push('ready'))
    first.wake()
    assert.deepEqual(ready, [])
    second.wake()
    assert.equal(calls.finish(), 7)
  })

  test('use nothing of what comes after they were given up', () => {
    const wait = new ManualWait()
    const { calls } = createCalls(wait)
    const ready = open(calls)
    calls.giveUp()
    calls.giveUp()
    wait.wake()
    assert.deepEqual([ready, wait.givenUp, calls.isOpen], [[], 1, false])
  })

  test('are given up and end the guest when its time to wait is over', async () => {
    const wait = new ManualWait()
    const { calls, meter } = createCalls(wait, { waitMs: 5 })
    assert.equal(calls.attempt(0, []), WAITS)
    await new Promise<void>((ready) => calls.open(ready))
    assert.equal(wait.givenUp, 1)
    assert.throws(
      () => calls.finish(),
      (thrown) => thrown === TRAP,
    )
    assert.equal(meter.reason?.code, 'ERR_LIMIT_WAIT')
  })

  test('end the guest by many short waits as by one long wait, but not by those that take no time', async () => {
    const wait = new ManualWait()
    const { calls, meter } = createCalls(wait, { waitMs: 20 })
    let count = 0
    for (; count < 1_000 && meter.reason === null; count += 1) {
      assert.equal(calls.attempt(0, []), WAITS)
      const ready = Promise.withResolvers<void>()
      calls.open(ready.resolve)
      setTimeout(() => wait.wake(), 1)
      await ready.promise
      try {
        calls.finish()
      } catch (thrown) {
        assert.equal(thrown, TRAP)
      }
    }
    assert.ok(count < 100)
    const begin = (wake: () => void) => {
      wake()
      return () => {}
    }
    const yielding = createCalls({ refused: 0, begin, finish: () => 1 }, { waitMs: 0 })
    assert.deepEqual(open(yielding.calls), ['ready'])
    assert.equal(yielding.calls.finish(), 1)
  })

  test('answer a bad pointer that shows only at their end with the fault of their ABI', () => {
    const wait = new ManualWait()
    wait.answer = () => {
      throw GUEST_FAULT
    }
    const { calls } = createCalls(wait)
    open(calls)
    wait.wake()
    assert.equal(calls.finish(), 21)
  })

  test('are linked for a guest that cannot be suspended, and refused', () => {
    const wait = new ManualWait()
    const row = { params: [], result: 'i32', grant: null, fuel: 1, summary: '', waits: true } as const
    const module: HostModule<unknown> = {
      name: 'm',
      fault: 0,
      functions: [{ name: 'f', ...row, bind: () => () => wait }],
    }
    const imports = [{ module: 'm', name: 'f', params: [], results: ['i32'] }]
    const meter = new Meter(DEFAULT_LIMITS)
    meter.begin()
    const table = linkImports(imports, [{ module, host: () => null }], NO_GRANTS, meter, null)
    assert.equal((table['m']!['f'] as () => number)(), 58)
    assert.equal(wait.begun, 0)
  })
})
