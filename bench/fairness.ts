import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import binaryen from 'binaryen'
import { NO_GRANTS } from '../src/capability/index.ts'
import { ModuleCache } from '../src/compile/index.ts'
import { DEFAULT_LIMITS } from '../src/core/index.ts'
import { Caxton } from '../src/index.ts'
import type { Sandbox } from '../src/sandbox/index.ts'
import { SandboxPool } from '../src/sandbox/index.ts'
import type { Report } from './measure.ts'
import { summarise } from './measure.ts'

const FOLDER = join(import.meta.dirname, 'agents')
const SPINNERS = 100
const LEARNING_MS = 3_000
const REPLIES = 200
/** Fuel of a slice, millions: about half a millisecond each. */
const SLICES = [1, 2]

/** `(module (memory (export "memory") 1) (func (export "caxton_alloc") (param i32) (result i32) i32.const 4096) …` */
function createAgent(body: readonly number[]): Uint8Array {
  const text = (name: string) => [name.length, ...Buffer.from(name)]
  const section = (id: number, bytes: readonly number[]) => [id, bytes.length, ...bytes]
  const code = (bytes: readonly number[]) => [bytes.length + 1, 0, ...bytes]
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [2, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]),
    ...section(3, [2, 0, 1]),
    ...section(5, [1, 0, 1]),
    ...section(7, [3, ...text('memory'), 2, 0, ...text('caxton_alloc'), 0, 0, ...text('handle_message'), 0, 1]),
    ...section(10, [2, ...code([0x41, 0x80, 0x20, 0x0b]), ...code(body)]),
  ])
}

const ECHO = createAgent([0x41, 0, 0x0b])
/** `(loop (br 0)) unreachable` */
const SPIN = createAgent([0x03, 0x40, 0x0c, 0, 0x0b, 0x00, 0x0b])

/** Agents that never return and do nothing but what V8 takes long for. */
const SLOW: Readonly<Record<string, Uint8Array>> = {
  'that fill tables with functions': assemble(
    '(loop $again (table.fill $table (i32.const 0) (ref.func $nothing) (i32.const 1000)) (br $again)) (unreachable)',
    '(table $table 1000 funcref) (elem declare func $nothing) (func $nothing)',
  ),
  'that throw exceptions from 1,000 calls below': assemble(
    '(loop $again (try_table (catch_all $again) (call $fall (i32.const 1000)))) (unreachable)',
    `(tag $tag) (func $fall (param i32)
      (if (local.get 0) (then (call $fall (i32.sub (local.get 0) (i32.const 1))) (drop (i32.const 1))) (else (throw $tag))))`,
  ),
}

function assemble(body: string, fields: string): Uint8Array {
  const module = binaryen.parseText(`(module ${fields} (memory (export "memory") 1)
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func (export "handle_message") (param i32 i32) (result i32) ${body}))`)
  module.setFeatures(binaryen.Features.All & ~binaryen.Features.Strings)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

/**
 * Measures how long a message to a well-behaved agent takes, from the main thread and back, alone in its worker and among 100
 * agents that never return.
 */
export async function benchFairness(): Promise<Report> {
  const rows = [await measureReplies('0 endless loops', [], 2), await measureBesideTalk()]
  const loops = Array<Uint8Array>(SPINNERS).fill(SPIN)
  for (const slice of SLICES) rows.push(await measureReplies(`${SPINNERS} endless loops`, loops, slice))
  for (const [what, bytes] of Object.entries(SLOW)) {
    rows.push(await measureReplies(`${SPINNERS} ${what}`, Array<Uint8Array>(SPINNERS).fill(bytes), 2, LEARNING_MS))
  }
  return {
    title: 'Fairness in one worker',
    about:
      `${REPLIES} messages, one after the other, to an agent that answers at once; beside it agents in endless loops, each with more ` +
      `fuel than it can use, some of them of what V8 takes long for, after ${LEARNING_MS / 1_000} s; or two ` +
      'that send each other messages without a pause. Not measured: what routing adds, but for the talkers.',
    columns: ['beside it', 'slice, fuel', 'reply p50', 'reply p99'],
    rows,
  }
}

async function measureReplies(
  beside: string,
  spinners: readonly Uint8Array[],
  sliceMillions: number,
  afterMs = 0,
): Promise<string[]> {
  const sliceFuel = sliceMillions * 1e6
  await using pool = new SandboxPool({ run: 'bench' }, { threads: 1, sliceFuel })
  const echo = await create(pool, 'echo', ECHO)
  const spinning = []
  for (const [index, bytes] of spinners.entries()) spinning.push(await create(pool, `spinner-${index}`, bytes))
  for (const spinner of spinning) void handle(spinner)
  await setTimeout(afterMs)
  for (let round = 0; round < 20; round += 1) await handle(echo)
  const times = []
  for (let round = 0; round < REPLIES; round += 1) {
    const startMs = performance.now()
    await handle(echo)
    times.push(performance.now() - startMs)
  }
  const { medianMs, p99Ms } = summarise('echo', times)
  return [beside, sliceFuel.toLocaleString('en'), `${medianMs.toFixed(2)} ms`, `${p99Ms.toFixed(2)} ms`]
}

/** Two agents whose messages never leave the thread, which the main thread hears of in their thousands. */
async function measureBesideTalk(): Promise<string[]> {
  await using caxton = await Caxton.start({ threads: 1 })
  const grants = { send: ['*'] }
  await caxton.deploy({ name: 'quiet', source: join(FOLDER, 'pong.c'), grants })
  await caxton.deploy({ name: 'ping', source: join(FOLDER, 'ping.c'), grants, config: { peer: 'pong', bytes: '100' } })
  await caxton.deploy({ name: 'pong', source: join(FOLDER, 'pong.c'), grants })
  const ask = (receiver: string, content: number) => caxton.request({ performative: 'request', receiver, content })
  const times: number[] = []
  const talk = async () => {
    while (times.length < REPLIES) await ask('ping', 2_000)
  }
  const talking = talk()
  while (times.length < REPLIES) {
    const startMs = performance.now()
    await ask('quiet', 1)
    times.push(performance.now() - startMs)
  }
  await talking
  const { medianMs, p99Ms } = summarise('quiet', times)
  return ['two talkers', '2,000,000', `${medianMs.toFixed(2)} ms`, `${p99Ms.toFixed(2)} ms`]
}

const modules = new ModuleCache()

async function create(pool: SandboxPool, name: string, bytes: Uint8Array): Promise<Sandbox> {
  const limits = { ...DEFAULT_LIMITS, fuel: 1e15, wallMs: 3_600_000 }
  const compiled = await modules.compile(bytes, limits)
  const spec = { name, compiled, door: 'caxton', script: null, grants: NO_GRANTS, limits, config: {} } as const
  return pool.create(spec, { onSend() {}, onLog() {}, onRegister() {}, onRefuse() {} })
}

function handle(sandbox: Sandbox) {
  const message = {
    performative: 'request',
    sender: 'user',
    receiver: 'agent',
    message_id: 'm',
    conversation_id: 'm',
  } as const
  return sandbox.handle(message)
}
