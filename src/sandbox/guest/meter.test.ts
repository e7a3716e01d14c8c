import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { GUEST_FAULT } from '../../capability/index.ts'
import { CaxtonError, DEFAULT_LIMITS } from '../../core/index.ts'
import { explainRun } from './ending.ts'
import { readFrames } from './frames.ts'
import { LineSink } from './line-sink.ts'
import { explainThrown, Meter } from './meter.ts'
import { TRAP } from './trap.ts'

const LIMITS = { ...DEFAULT_LIMITS, fuel: 1_000, hostCalls: 3 }

function createMeter(): { meter: Meter; counter: { value: bigint }; stack: { value: number } } {
  const meter = new Meter(LIMITS)
  const counter = { value: 0n }
  const stack = { value: 0 }
  meter.attach(counter, stack, { value: 0 })
  meter.begin()
  return { meter, counter, stack }
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return assert.fail('nothing was thrown')
}

suite('the meter', () => {
  test('gives smaller slices to a guest whose fuel takes long, and larger ones again when it does not', () => {
    const meter = new Meter({ ...LIMITS, fuel: 1e9 }, 2_000_000)
    meter.attach({ value: 0n }, { value: 0 }, { value: 0 })
    meter.begin()
    assert.deepEqual([meter.refill(-10n), meter.burden], [1_999_990n, 1])
    meter.noteSlice(40)
    assert.deepEqual([meter.refill(0n), meter.burden], [200_000n, 10])
    for (const cpuMs of [4, 0, 4, 4, 0, 4]) meter.noteSlice(cpuMs)
    assert.ok(meter.burden >= 6, 'of slices as long as they may be little is concluded, however coarse the clock is')
    for (let slice = 0; slice < 50; slice += 1) meter.noteSlice(100_000)
    assert.deepEqual([meter.refill(0n), meter.burden], [31_250n, 64])
    for (let slice = 0; slice < 50; slice += 1) meter.noteSlice(0.1)
    assert.deepEqual([meter.refill(0n), meter.burden], [2_000_000n, 1])
    for (const cpuMs of [0, 0, 4, 0, 4, 0, 0, 4, 4, 0]) meter.noteSlice(cpuMs)
    assert.equal(meter.burden, 1)
  })

  test('counts the same fuel whatever the slices were', () => {
    const counter = { value: 0n }
    const meter = new Meter({ ...LIMITS, fuel: 10_000_000 }, 1_000_000)
    meter.attach(counter, { value: 0 }, { value: 0 })
    for (const busyMs of [0, 50, 20, 0]) {
      meter.noteSlice(busyMs)
      meter.begin()
      assert.equal(meter.fuelUsed, 0)
      counter.value -= 300n
      assert.equal(meter.fuelUsed, 300)
      counter.value = meter.refill(-7n)
      assert.ok(counter.value > 0n)
    }
  })

  test('counts what the guest and the host take from the same counter', () => {
    const { meter, counter } = createMeter()
    counter.value -= 100n
    meter.enter(50n, meter.countOf('log'))
    meter.chargeFuel(25)
    assert.equal(meter.fuelUsed, 175)
    assert.equal(meter.hostCalls, 1)
  })

  test('takes the last unit of fuel, and ends the guest at the one after it', () => {
    const { meter } = createMeter()
    meter.chargeFuel(1_000)
    assert.equal(meter.fuelUsed, 1_000)
    assert.equal(
      thrownBy(() => meter.chargeFuel(1)),
      TRAP,
    )
    assert.equal(meter.isFuelOut, true)
    assert.equal(meter.reason?.code, 'ERR_LIMIT_FUEL')
  })

  test('ends the guest at the host call after the last one', () => {
    const { meter } = createMeter()
    const count = meter.countOf('log')
    for (let call = 0; call < 3; call += 1) meter.enter(0n, count)
    assert.equal(
      thrownBy(() => meter.enter(0n, count)),
      TRAP,
    )
    assert.deepEqual(meter.reason, { code: 'ERR_LIMIT_HOST_CALLS', data: { limit: 3, asked: 4 } })
  })

  test('gives each call from outside the whole stack, and a call out of a host call less', () => {
    const { meter, stack } = createMeter()
    const levels: number[] = []
    const enter = (left: number) => {
      levels.push(stack.value)
      stack.value = left
    }
    meter.call(() => enter(9))
    meter.call(() => {
      enter(100_000)
      meter.call(() => enter(7))
      meter.call(() => enter(8))
    })
    assert.deepEqual(levels, [LIMITS.stackBytes, LIMITS.stackBytes, 95_904, 95_904])
    assert.equal(stack.value, LIMITS.stackBytes)
  })

  test('counts host calls by the name of the function, anew in each call', () => {
    const { meter } = createMeter()
    const log = meter.countOf('log')
    meter.countOf('send_message')
    assert.equal(meter.countOf('log'), log)
    for (let call = 0; call < 2; call += 1) meter.enter(0n, log)
    assert.deepEqual(meter.callsByName(), { log: 2 })
    meter.countAs('send_message', 'log')
    assert.deepEqual(meter.callsByName(), { log: 1, send_message: 1 })
    const told = meter.callsByName()
    meter.begin()
    assert.deepEqual(meter.callsByName(), {})
    assert.deepEqual(told, { log: 1, send_message: 1 })
  })

  test('keeps the first reason', () => {
    const { meter } = createMeter()
    thrownBy(() => meter.end({ code: 'ERR_GUEST_EXIT' }))
    thrownBy(() => meter.end({ code: 'ERR_INTERNAL' }))
    assert.equal(meter.reason?.code, 'ERR_GUEST_EXIT')
  })

  test('answers a bad pointer and lets nothing else of the host through', () => {
    const { meter } = createMeter()
    const endedBy = () => meter.reason?.code
    assert.equal(meter.escape(GUEST_FAULT, -5), -5)
    assert.equal(endedBy(), undefined)
    assert.equal(
      thrownBy(() => meter.escape(new TypeError('a secret of the host'), -5)),
      TRAP,
    )
    assert.equal(endedBy(), 'ERR_INTERNAL')
  })
})

suite('the reason of an end', () => {
  const none = { refusedPages: 0, memoryBytes: 65_536 }

  test('is the limit of memory for a trap after a refused growth, and for nothing else', () => {
    const { meter } = createMeter()
    const refused = { refusedPages: 2, memoryBytes: 65_536 }
    const { reason } = explainRun(TRAP, meter, LIMITS, refused)
    assert.equal(reason.code, 'ERR_LIMIT_MEMORY')
    assert.deepEqual(reason.data, { limit: LIMITS.memoryBytes, asked: 3 * 65_536 })
    thrownBy(() => meter.end({ code: 'ERR_LIMIT_MESSAGES' }))
    assert.equal(explainRun(TRAP, meter, LIMITS, refused).reason.code, 'ERR_LIMIT_MESSAGES')
  })

  test('is fuel when the counter is negative, whatever trapped', () => {
    const { meter, counter } = createMeter()
    counter.value = -5n
    assert.equal(explainRun(TRAP, meter, LIMITS, none).reason.code, 'ERR_LIMIT_FUEL')
  })

  test('is the stack when its level is negative', () => {
    const { meter, stack } = createMeter()
    stack.value = -1
    const { reason } = explainRun(TRAP, meter, LIMITS, none)
    assert.deepEqual(reason, { code: 'ERR_LIMIT_STACK', data: { limit: LIMITS.stackBytes } })
  })

  const cases = [
    { thrown: new RangeError('Maximum call stack size exceeded'), code: 'ERR_LIMIT_STACK' },
    { thrown: new RangeError('Invalid array length'), code: 'ERR_INTERNAL' },
    { thrown: GUEST_FAULT, code: 'ERR_GUEST_ABI' },
    { thrown: new CaxtonError('ERR_CONFIG_INVALID'), code: 'ERR_CONFIG_INVALID' },
    { thrown: 'text', code: 'ERR_INTERNAL' },
  ]
  for (const { thrown, code } of cases) {
    test(`is ${code} for ${thrown}`, () => assert.equal(explainThrown(thrown).code, code))
  }
})

suite('frames', () => {
  test('are read from the innermost out, with and without names, at most sixteen', () => {
    const lines = [
      'RuntimeError: unreachable',
      '    at deep (wasm://wasm/x-1a2b:wasm-function[3]:0x1f)',
      '    at wasm://wasm/1a2b:wasm-function[12]:0xab',
      '    at Guest.run (file:///guest.ts:1:2)',
    ]
    assert.deepEqual(readFrames({ stack: lines.join('\n') }), [
      { functionIndex: 3, offset: 0x1f },
      { functionIndex: 12, offset: 0xab },
    ])
    assert.equal(readFrames({ stack: `${lines[1]}\n`.repeat(99) }).length, 16)
    assert.deepEqual(readFrames({}), [])
  })
})

suite('the lines of standard output', () => {
  function createSink(room = 1e6): { sink: LineSink; lines: string[] } {
    const lines: string[] = []
    let left = room
    const takeRoom = (bytes: number) => {
      const taken = Math.min(bytes, left)
      left -= taken
      return taken
    }
    return { sink: new LineSink({ takeRoom, writeLine: (text) => lines.push(text) }), lines }
  }

  test('are cut at line ends, joined across writes, and flushed', () => {
    const { sink, lines } = createSink()
    for (const part of ['one\ntw', 'o\n\nthr', 'ee']) assert.equal(sink.write(Buffer.from(part)), part.length)
    assert.deepEqual(lines, ['one', 'two', ''])
    sink.flush()
    sink.flush()
    assert.deepEqual(lines, ['one', 'two', '', 'three'])
  })

  test('are cut when they are long', () => {
    const { sink, lines } = createSink()
    sink.write(Buffer.alloc(20_000, 'x'))
    sink.flush()
    assert.deepEqual(
      lines.map(({ length }) => length),
      [8_192, 8_192, 3_616],
    )
  })

  test('stop where the room ends', () => {
    const { sink, lines } = createSink(5)
    assert.equal(sink.write(Buffer.from('one\ntwo\n')), 5)
    assert.equal(sink.write(Buffer.from('x')), 0)
    sink.flush()
    assert.deepEqual(lines, ['one', 't'])
  })
})
