/** Tries the seeds from its first argument on, as many as its second argument says; started by `fuzz.ts`. */
import type { FuzzCase } from './case.ts'
import { makeCase } from './case.ts'
import type { Verdict } from './compare.ts'
import { compareModule } from './compare.ts'
import type { FuzzMessage } from './messages.ts'
import { shrink } from './shrink.ts'
import { WasmOpt } from './translate-to-fuzz.ts'

/** Standard output is written at once where it is a pipe: what was written before a crash arrives. */
function send(message: FuzzMessage): void {
  process.stdout.write(`${JSON.stringify(message)}\n`)
}

function summarize(kind: string, verdict: Verdict): string {
  if (verdict.kind === 'refused') return `${kind}: refused with ${verdict.code}`
  if (verdict.kind !== 'same') return `${kind}: ${verdict.kind}`
  return `${kind}: same${verdict.ended === 'done' ? '' : `, out of ${verdict.ended}`}`
}

function judge({ kind, bytes }: FuzzCase, seed: number, wasmOpt: WasmOpt): Verdict {
  const verdict = compareModule(bytes, seed)
  if (verdict.kind !== 'failed' || kind !== 'mutant of binaryen') return verdict
  // A mutant may compute with NaNs again, whose bits are the compiler's choice.
  const withoutNans = wasmOpt.removeNans(bytes)
  if (withoutNans === null || compareModule(withoutNans, seed).kind === 'failed') return verdict
  return { kind: 'unpredictable' }
}

function tryCase(seed: number, wasmOpt: WasmOpt): void {
  send({ seed })
  const fuzzCase = makeCase(seed, wasmOpt)
  if (fuzzCase === null) {
    send({ seed, done: 'not made' })
    return
  }
  const { kind, bytes } = fuzzCase
  const verdict = judge(fuzzCase, seed, wasmOpt)
  if (verdict.kind !== 'failed') {
    send({ seed, done: summarize(kind, verdict) })
    return
  }
  const { what, detail } = verdict
  const smallest = shrink(bytes, (candidate) => {
    const again = compareModule(candidate, seed)
    return again.kind === 'failed' && again.what === what
  })
  send({ seed, failure: { kind, what, detail, module: Buffer.from(smallest).toString('base64') } })
}

const [first, count] = process.argv.slice(2).map(Number) as [number, number]
const wasmOpt = await WasmOpt.load()
for (let seed = first; seed < first + count; seed++) tryCase(seed, wasmOpt)
wasmOpt.close()
