import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { rewriteModule } from '../../src/instrument/instrumentation.ts'
import { makeCase } from './case.ts'
import { compareModule } from './compare.ts'
import { controlFlowModule } from './control-flow.ts'
import { fuzz } from './fuzz.ts'
import { Random } from './random.ts'
import { shrink } from './shrink.ts'
import { WasmOpt } from './translate-to-fuzz.ts'

const REGRESSIONS = 'test/fuzz/regressions'
const CASES = 160

test('random modules do the same plain and rewritten, and neither crash nor hang the host', async () => {
  const failures: unknown[] = []
  const { cases, endings } = await fuzz({
    seed: 1,
    caseCount: CASES,
    isOver: () => false,
    onFailure: (seed, failure) => failures.push({ seed, ...failure }),
  })
  assert.deepEqual(failures, [])
  assert.equal(cases, CASES)
  const same = [...endings].filter(([ending]) => /: same$/.test(ending)).reduce((sum, [, count]) => sum + count, 0)
  assert.ok(same > CASES / 2, `${same} of ${cases} cases were compared to their end`)
})

test('modules that failed once do the same plain and rewritten', () => {
  const files = existsSync(REGRESSIONS) ? readdirSync(REGRESSIONS) : []
  for (const file of files.filter((name) => name.endsWith('.wasm'))) {
    const verdict = compareModule(Uint8Array.from(readFileSync(`${REGRESSIONS}/${file}`)), Number.parseInt(file, 10))
    assert.notEqual(verdict.kind, 'failed', `${file}: ${JSON.stringify(verdict)}`)
  }
})

test('modules of dense control flow are valid', () => {
  for (let seed = 0; seed < 200; seed++) {
    const bytes = controlFlowModule(new Random(seed))
    assert.ok(WebAssembly.validate(bytes), `seed ${seed}: ${reasonOf(bytes)}`)
  }
})

test('a seed always makes the same module', async () => {
  const wasmOpt = await WasmOpt.load()
  for (let seed = 0; seed < 12; seed++) assert.deepEqual(makeCase(seed, wasmOpt), makeCase(seed, wasmOpt))
  wasmOpt.close()
})

test('a rewriter that changes what a module does is found, and the module shrinks', () => {
  const breakIt: typeof rewriteModule = (info, rules) => {
    const rewritten = rewriteModule(info, rules)
    return { ...rewritten, bytes: swapOpcodes(rewritten.bytes) }
  }
  const found = Array.from({ length: 40 }, (_, seed) => seed).find((seed) =>
    fails(seed, controlFlowModule(new Random(seed))),
  )
  assert.notEqual(found, undefined)
  const bytes = controlFlowModule(new Random(found ?? 0))
  const smaller = shrink(bytes, (candidate) => fails(found ?? 0, candidate))
  assert.ok(smaller.length < bytes.length)
  assert.ok(fails(found ?? 0, smaller))

  function fails(seed: number, candidate: Uint8Array<ArrayBuffer>): boolean {
    return compareModule(candidate, seed, breakIt).kind === 'failed'
  }
})

test('a rewriter that forgets to charge is found', () => {
  const breakIt: typeof rewriteModule = (info, rules) => {
    const { bytes } = rewriteModule(info, rules)
    let charges = 0
    // The tenth charge of a module (`i64.const`, `i64.sub`, `local.tee`) takes nothing.
    for (let at = 0; at < bytes.length - 4; at++) {
      const isCharge = bytes[at] === 0x42 && (bytes[at + 1] as number) < 0x40 && bytes[at + 2] === 0x7d
      if (isCharge && bytes[at + 3] === 0x22 && ++charges === 10) bytes[at + 2] = 0x7c
    }
    return { ...rewriteModule(info, rules), bytes }
  }
  const verdicts = Array.from({ length: 30 }, (_, seed) => {
    return compareModule(controlFlowModule(new Random(seed)), seed, breakIt)
  })
  assert.ok(verdicts.some(({ kind }) => kind === 'failed'))
})

/** Exchanges additions of i32 for subtractions in the code of a module, where it stays valid. */
function swapOpcodes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  for (let at = 8; at < bytes.length; at++) {
    if (bytes[at] !== 0x6a) continue
    const copy = bytes.slice()
    copy[at] = 0x6b
    if (WebAssembly.validate(copy)) return copy
  }
  return bytes
}

function reasonOf(bytes: Uint8Array<ArrayBuffer>): string {
  try {
    new WebAssembly.Module(bytes)
    return 'valid'
  } catch (error) {
    return String(error)
  }
}
