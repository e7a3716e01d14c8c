import { join } from 'node:path'
import { NO_GRANTS } from '../src/capability/index.ts'
import { ModuleCache } from '../src/compile/index.ts'
import { createSliceHook, DEFAULT_LIMITS, DEFAULT_SCHEDULING } from '../src/core/index.ts'
import { Caxton } from '../src/index.ts'
import { buildSource } from '../src/languages/index.ts'
import { Guest } from '../src/sandbox/guest/guest.ts'
import type { GuestParts } from '../src/sandbox/guest/guest-parts.ts'
import { ThreadClock } from '../src/sandbox/guest/thread-clock.ts'
import { WaitGate } from '../src/sandbox/guest/wait-gate.ts'
import { readFunctionImports } from '../src/sandbox/imports.ts'
import { NOTHING_KEPT } from '../src/sandbox/kept/kept.ts'
import type { GuestSpec } from '../src/sandbox/protocol.ts'
import type { Report } from './measure.ts'
import { measure, summarise } from './measure.ts'

const ROUNDS = 200
/** A runtime that is asked for an agent has made some before, or V8 would still interpret what makes them. */
const WARMUPS = 50

/**
 * Measures how long an agent takes from its bytes to its first answer, and from a module that is cached, through the library,
 * against what V8 alone takes for the same module; and what making an instance with everything around it takes in its thread.
 */
export async function benchStart(): Promise<Report> {
  const { bytes } = await buildSource(join(import.meta.dirname, 'agents/small.c'))
  const compiled = new WebAssembly.Module(Uint8Array.from(bytes))
  await using caxton = await Caxton.start({ threads: 1 })
  let count = 0
  const firstAnswer = async (module: Uint8Array) => {
    count += 1
    const name = `small-${count}`
    await caxton.deploy({ name, bytes: module })
    await caxton.request({ performative: 'request', receiver: name })
  }
  const salted = createSalted(bytes)
  const [compile, cold, warm] = await measure(
    [
      {
        name: 'V8: compile, instantiate, first call',
        run: () => callFirst(new WebAssembly.Instance(new WebAssembly.Module(salted()), IMPORTS)),
      },
      { name: 'caxton, cold: bytes to first answer', run: () => firstAnswer(salted()) },
      { name: 'caxton, warm: cached module to first answer', run: () => firstAnswer(bytes) },
    ],
    ROUNDS,
    WARMUPS,
  )
  const [bare, instance] = await measureInstances(bytes, compiled)
  const row = (name: string, medianMs: number, baseMs: number) => [
    name,
    (medianMs / baseMs).toFixed(2),
    `${(medianMs * 1_000).toFixed(medianMs < 0.1 ? 1 : 0)} µs`,
  ]
  return {
    title: 'Start',
    about:
      `A ${(bytes.length / 1_024).toFixed(1)} KiB C agent, median of ${ROUNDS}. Cold: a module never seen, from its bytes through validation, ` +
      'rewriting, compilation, a worker thread that runs already, to the answer to a first message. Warm: the same with the module in the ' +
      'cache. Instance: in the thread of the agent, from its specification to an instance with its limits, grants and host functions, ' +
      'median of 2,000. Bound: cold 2 ms; an instance 1.5 times a bare one. Not in the baseline: threads, and messages between them.',
    columns: ['what', 'ratio', 'time'],
    rows: [
      row(compile!.name, compile!.medianMs, compile!.medianMs),
      row(cold!.name, cold!.medianMs, compile!.medianMs),
      row(warm!.name, warm!.medianMs, compile!.medianMs),
      row('V8: instance of the same module', bare, bare),
      row('caxton: instance', instance, bare),
    ],
  }
}

const IMPORTS: WebAssembly.Imports = { caxton: { send_message: () => 0 } }

/** Calls what a first message calls. */
function callFirst({ exports }: WebAssembly.Instance): void {
  const { agent_init, caxton_alloc, handle_message, memory } = exports as Readonly<
    Record<string, (...args: number[]) => number>
  > & {
    readonly memory: WebAssembly.Memory
  }
  agent_init?.()
  const pointer = caxton_alloc?.(MESSAGE.length) ?? 0
  new Uint8Array(memory.buffer).set(MESSAGE, pointer)
  handle_message?.(pointer, MESSAGE.length)
}

const MESSAGE = new TextEncoder().encode(
  JSON.stringify({ performative: 'request', sender: 'user', receiver: 'small', message_id: 'm', conversation_id: 'm' }),
)

/** Measures instances one by one, in turn, and keeps them for a while: what collects those before them is no part of making one. */
async function measureInstances(bytes: Uint8Array, plain: WebAssembly.Module): Promise<[number, number]> {
  const { module, instrumented } = await new ModuleCache().compile(bytes, DEFAULT_LIMITS)
  const { info, names, instantiationFuel } = instrumented
  const hook = createSliceHook((owed) => owed)
  const gate = new WaitGate({ current: () => null!, suspend: () => Promise.resolve(0) })
  const parts = {
    run: 'bench',
    sliceFuel: 2e6,
    hooks: { suspending: hook, granting: hook },
    gate,
    clock: new ThreadClock(),
    driver: DRIVER,
    heap: null,
  }
  const spec = {
    ...{
      agent: 1,
      name: 'small',
      door: 'caxton',
      script: null,
      grants: NO_GRANTS,
      limits: DEFAULT_LIMITS,
      config: {},
      args: [],
      env: {},
    },
    ...{
      stdin: new Uint8Array(),
      mounts: [],
      kept: NOTHING_KEPT,
      module,
      imports: readFunctionImports(info),
      names,
      tableElements: 1,
    },
    ...{ instantiationFuel, scheduling: DEFAULT_SCHEDULING },
  } as unknown as GuestSpec
  const makeBare = () => new WebAssembly.Instance(plain, IMPORTS)
  const makeGuest = () => new Guest(parts as unknown as GuestParts, spec).run({ kind: 'create', spec })
  const times: [number[], number[]] = [[], []]
  const kept: unknown[] = []
  for (let round = -WARMUPS; round < INSTANCES; round += 1) {
    for (const [index, make] of [makeBare, makeGuest].entries()) {
      const startMs = performance.now()
      kept.push(make())
      if (round >= 0) times[index]!.push(performance.now() - startMs)
    }
    if (kept.length > KEPT) kept.length = 0
  }
  return [summarise('bare', times[0]).medianMs, summarise('guest', times[1]).medianMs]
}

const DRIVER = { seat: () => ({ index: 0 }), leave() {} }
const INSTANCES = 2_000
const KEPT = 500

/** Makes the bytes new to every cache, each time: a custom section with another name, ahead of time. */
function createSalted(bytes: Uint8Array): () => Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode('salt00000000')
  const variants = Array.from({ length: 2 * (ROUNDS + WARMUPS) }, (_, index) => {
    const salted = new Uint8Array(bytes.length + name.length + 3)
    salted.set(bytes)
    salted.set([0, name.length + 1, name.length, ...name], bytes.length)
    salted.set(new TextEncoder().encode(String(index).padStart(8, '0')), bytes.length + 7)
    return salted
  })
  return () => variants.pop()!
}
