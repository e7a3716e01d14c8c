import { isCaxtonError } from '../../src/core/index.ts'
import type { InstrumentedModule, InstrumentRules } from '../../src/instrument/index.ts'
import { rewriteModule } from '../../src/instrument/instrumentation.ts'
import { readModule } from '../../src/wasm/index.ts'
import { exposeState, takeLimits } from './expose.ts'
import { mayMixExceptions } from './mixed-exceptions.ts'
import { Random } from './random.ts'
import type { Run } from './run.ts'
import { runModule } from './run.ts'

const RULES: InstrumentRules = { memoryMaxBytes: 2 ** 22, tableMaxElements: 10_000 }
/** Fuel for one call: enough for whatever ends, little enough for what does not. */
const BUDGET = 500_000n
const ALL_CALLS = 1_000

/** What comparing one module found. */
export type Verdict =
  | { readonly kind: 'same'; readonly calls: number; readonly ended: Run['ended']; readonly used: bigint }
  /** Not valid, and the rewriter survived it; or its validity or its results are the engine's choice. */
  | { readonly kind: 'invalid' | 'unpredictable' }
  /** The rewriter does not take it. */
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'failed'; readonly what: string; readonly detail: string }

/** A difference between what must be the same. */
class Mismatch extends Error {
  override readonly name = 'Mismatch'
  readonly what: string

  constructor(what: string, detail: string) {
    super(detail)
    this.what = what
  }
}

/**
 * Runs a module plain and rewritten in the same made-up world and compares everything that can be seen from outside.
 *
 * The rewritten run comes first, with bounded fuel; the plain one does only the calls that came to their end in it, so
 * that it ends, too. Then one call gets too little fuel, and exactly enough.
 *
 * @param rewrite what is tested; the fuzzer's own tests break it
 */
export function compareModule(original: Uint8Array<ArrayBuffer>, seed: number, rewrite = rewriteModule): Verdict {
  try {
    return compare(original, seed, rewrite)
  } catch (error) {
    if (error instanceof Mismatch) return { kind: 'failed', what: error.what, detail: error.message }
    return { kind: 'failed', what: 'an error of the host', detail: String((error as Error).stack ?? error) }
  }
}

function compare(original: Uint8Array<ArrayBuffer>, seed: number, rewrite: typeof rewriteModule): Verdict {
  if (!WebAssembly.validate(original)) return rewriteInvalid(original)
  let bytes = original
  let rewritten: InstrumentedModule
  try {
    bytes = exposeState(original)
    rewritten = rewrite(readModule(bytes), RULES)
  } catch (error) {
    if (!isCaxtonError(error) || error.code === 'ERR_INTERNAL') throw error
    return { kind: 'refused', code: error.code }
  }
  const { info, names } = rewritten
  if (mayMixExceptions(info)) return { kind: 'unpredictable' }
  check('rewritten module is not valid', WebAssembly.validate(rewritten.bytes), () => reasonOf(rewritten.bytes))
  if (info.features().has('relaxed-simd')) return { kind: 'unpredictable' }
  const module = new WebAssembly.Module(rewritten.bytes)
  const full = runModule(module, info, { seed, names, budget: () => BUDGET, callCount: ALL_CALLS })
  full.used.forEach((used, call) => {
    const isOut = full.ended === 'fuel' && call === full.calls
    check('fuel used is not within the budget', used >= 0n && (isOut || used <= BUDGET), () => `call ${call}: ${used}`)
  })
  comparePlain(full, takeLimits(bytes, rewritten.bytes), { info, seed })
  compareLittleFuel(full, module, { info, names, seed })
  return { kind: 'same', calls: full.calls, ended: full.ended, used: full.used.reduce((sum, used) => sum + used, 0n) }
}

/** Whatever is not valid is refused before it is rewritten; the rewriter must survive it all the same. */
function rewriteInvalid(bytes: Uint8Array): Verdict {
  try {
    rewriteModule(readModule(bytes), RULES)
  } catch (error) {
    if (!isCaxtonError(error) || error.code === 'ERR_INTERNAL') throw error
  }
  return { kind: 'invalid' }
}

function comparePlain(
  full: Run,
  bytes: Uint8Array<ArrayBuffer>,
  parts: { info: InstrumentedModule['info']; seed: number },
) {
  if (full.calls === 0) return
  const options = { seed: parts.seed, names: null, budget: () => BUDGET, callCount: full.calls }
  const plain = runModule(new WebAssembly.Module(bytes), parts.info, options)
  // Frames of plain code are smaller: it may get further, never less far.
  if (plain.ended === 'stack') return
  if (full.ended === 'done') compareTraces('plain and rewritten runs differ', plain.trace, full.trace)
  else compareTraces('plain and rewritten runs differ', withoutState(plain.trace), beforeCall(full))
}

/** One call with less fuel than it uses must run out of it; with exactly as much it must end as it did, if what it used is known. */
function compareLittleFuel(
  full: Run,
  module: WebAssembly.Module,
  parts: { info: InstrumentedModule['info']; names: InstrumentedModule['names']; seed: number },
): void {
  const random = new Random(parts.seed + 2)
  const candidates = [...full.used.keys()].filter((call) => call < full.calls && full.used[call]! > 0n)
  if (candidates.length === 0) return
  const call = random.pick(candidates)
  const used = full.used[call]!
  const less = random.oneIn(3) ? used - 1n : BigInt(Math.floor((random.next() / 2 ** 32) * Number(used)))
  const budget = (of: number): bigint => (of === call ? less : BUDGET)
  const short = runModule(module, parts.info, { ...parts, budget, callCount: ALL_CALLS })
  const where = () => `call ${call} used ${used}, got ${less}, ended ${short.ended} in call ${short.calls}`
  if (full.ended === 'stack' && short.ended === 'stack') return
  check('too little fuel was enough', short.ended === 'fuel' && short.calls === call, where)
  compareTraces('it went another way before it ran out of fuel', short.trace, full.trace.slice(0, short.trace.length))
  if (!full.exact[call] || full.ended !== 'done') return
  const exactly = (of: number): bigint => (of === call ? used : BUDGET)
  const exact = runModule(module, parts.info, { ...parts, budget: exactly, callCount: ALL_CALLS })
  compareTraces('exactly enough fuel was not enough', exact.trace, full.trace)
}

function withoutState(trace: readonly string[]): readonly string[] {
  return trace.filter((line) => !line.startsWith('state:'))
}

/** The trace up to the end of the last call that came to its end. */
function beforeCall({ trace, calls }: Run): readonly string[] {
  const last = trace.findLastIndex((line) => line.startsWith(`${calls - 1} `) && !/^\d+ called back/.test(line))
  return trace.slice(0, last + 1)
}

function compareTraces(what: string, a: readonly string[], b: readonly string[]): void {
  const at = a.findIndex((line, index) => line !== b[index])
  const first = at < 0 ? a.length : at
  check(what, a.length === b.length && at < 0, () => `at ${first}: ${a[first]} against ${b[first]}`)
}

function check(what: string, holds: boolean, detail: () => string): void {
  if (!holds) throw new Mismatch(what, detail())
}

function reasonOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    new WebAssembly.Module(bytes)
    return 'V8 gives no reason'
  } catch (error) {
    return String(error)
  }
}
