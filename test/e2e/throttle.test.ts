import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import binaryen from 'binaryen'
import { Caxton } from '../../src/index.ts'
import { runSystem } from './run-system.ts'

/** Runs 10,000 rounds of a loop for each message: some 50,000 of fuel. */
const WORKER = binaryen
  .parseText(`(module
    (memory (export "memory") 1)
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "handle_message") (param i32 i32) (result i32) (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 10000))))
      (i32.const 0)))`)
  .emitBinary()

const folder = mkdtempSync(join(tmpdir(), 'caxton-throttle-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('an agent beyond its rate is held back, and handles everything in the end', async () => {
  await using caxton = await Caxton.start({ threads: 1 })
  await caxton.deploy({ name: 'worker', bytes: WORKER, limits: { fuel: { message: '1M', rate: '50K/100ms' } } })
  const seen: string[] = []
  caxton.subscribe((event) => {
    if (event.type === 'throttled' || event.type === 'warning') seen.push(`${event.type} ${event.limit}`)
  })
  for (let index = 0; index < 5; index += 1) caxton.send({ performative: 'inform', receiver: 'worker' })
  await caxton.idle()
  const [info] = caxton.agents()
  assert.deepEqual([info?.handled, info?.waitingMessages, info?.throttled], [5, 0, null])
  assert.ok(info!.timesThrottled > 0 && info!.throttledMs > 0)
  assert.ok(info!.last!.fuel > 10_000 && info!.most.fuel >= info!.last!.fuel && info!.perSecond.fuel > 0)
  assert.ok(seen.includes('warning fuel') && seen.includes('throttled fuel'))
})

test('an agent that must not go beyond its rate fails, in a system of its own file', async () => {
  writeFileSync(join(folder, 'worker.wasm'), WORKER)
  const file = join(folder, 'caxton.toml')
  const send = '[[send]]\nto = "worker"\nperformative = "inform"\n'
  writeFileSync(
    file,
    `name = "rate"\n[agents.worker]\nmodule = "worker.wasm"\nlimits = { fuel = { rate = "1K/h", over = "fail" } }\n${send}${send}`,
  )
  const { summary, lines } = await runSystem(file)
  const [worker] = summary!.agents
  assert.deepEqual([worker?.phase, worker?.reason?.code], ['failed', 'ERR_LIMIT_RATE'])
  assert.ok(lines.some(({ type, agent }) => type === 'warning' && agent === 'worker'))
})
