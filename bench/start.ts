import { join } from 'node:path'
import { Caxton } from '../src/index.ts'
import { instrumentModule } from '../src/instrument/index.ts'
import { buildSource } from '../src/languages/index.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'

const ROUNDS = 60
const LIMITS = { memoryMaxBytes: 2 ** 24, tableMaxElements: 100_000 }

/**
 * Measures how long an agent takes from its bytes to its first answer, and from a module that is cached, through the library,
 * against what V8 alone takes for the same module.
 */
export async function benchStart(): Promise<Report> {
  const { bytes } = await buildSource(join(import.meta.dirname, 'agents/pong.c'))
  const compiled = new WebAssembly.Module(Uint8Array.from(bytes))
  const imports = { caxton: { send_message: () => 0 } }
  await using caxton = await Caxton.start({ threads: 1 })
  let count = 0
  const firstAnswer = async (module: Uint8Array) => {
    count += 1
    const name = `pong-${count}`
    await caxton.deploy({ name, bytes: module })
    await caxton.request({ performative: 'request', receiver: name })
  }
  const [compile, instance, cold, warm] = await measure(
    [
      {
        name: 'V8: compile and instantiate',
        run: () => void new WebAssembly.Instance(new WebAssembly.Module(withSalt(bytes)), imports),
      },
      { name: 'V8: instantiate', run: () => void new WebAssembly.Instance(compiled, imports) },
      { name: 'caxton, cold: bytes to first answer', run: () => firstAnswer(withSalt(bytes)) },
      { name: 'caxton, warm: cached module to first answer', run: () => firstAnswer(bytes) },
    ],
    ROUNDS,
  )
  const metered = await measureInstances(bytes, compiled, imports)
  const row = (name: string, medianMs: number, baseMs: number) => [
    name,
    (medianMs / baseMs).toFixed(2),
    `${(medianMs * 1_000).toFixed(0)} µs`,
  ]
  return {
    title: 'Start',
    about:
      `A ${(bytes.length / 1_024).toFixed(1)} KiB C agent, median of ${ROUNDS}. Cold: a module never seen, from its bytes through validation, ` +
      'rewriting, compilation, a worker thread that runs already, to the answer to a first message. Warm: the same with the module in the ' +
      'cache. Bound: cold 2 ms; the instance alone 1.5 times a bare one.',
    columns: ['what', 'ratio', 'time'],
    rows: [
      row(compile!.name, compile!.medianMs, compile!.medianMs),
      row(cold!.name, cold!.medianMs, compile!.medianMs),
      row(instance!.name, instance!.medianMs, instance!.medianMs),
      row('V8: instantiate the rewritten module', metered, instance!.medianMs),
      row(warm!.name, warm!.medianMs, instance!.medianMs),
    ],
  }
}

/** Measures an instance of the rewritten module alone; instances are dropped at once, as are those it is compared with. */
async function measureInstances(
  bytes: Uint8Array,
  plain: WebAssembly.Module,
  imports: WebAssembly.Imports,
): Promise<number> {
  const rewritten = new WebAssembly.Module(Uint8Array.from(instrumentModule(bytes, LIMITS).bytes))
  const [, metered] = await measure(
    [
      { name: 'plain', run: () => void new WebAssembly.Instance(plain, imports) },
      { name: 'rewritten', run: () => void new WebAssembly.Instance(rewritten, imports) },
    ],
    ROUNDS,
  )
  return metered!.medianMs
}

let salt = 0

/** Adds a custom section that makes the bytes new to every cache. */
function withSalt(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  salt += 1
  const name = new TextEncoder().encode(`salt${String(salt).padStart(8, '0')}`)
  const section = [0, name.length + 1, name.length, ...name]
  return Uint8Array.from([...bytes, ...section])
}
