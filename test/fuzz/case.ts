import { controlFlowModule } from './control-flow.ts'
import { mutate } from './mutate.ts'
import { Random } from './random.ts'
import type { WasmOpt } from './translate-to-fuzz.ts'

export type CaseKind = 'control flow' | 'binaryen' | 'mutant of control flow' | 'mutant of binaryen'

/** What is tried for one seed. */
export interface FuzzCase {
  readonly kind: CaseKind
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Mutants made of one module until one is valid; the last one is tried anyway. */
const MUTATIONS = 6

/** Out of 32. Modules of binaryen take some thirty times as long to make. */
const SHARES: readonly (readonly [CaseKind, number])[] = [
  ['control flow', 18],
  ['mutant of control flow', 8],
  ['binaryen', 4],
  ['mutant of binaryen', 2],
]

/** The module of a seed; the same on every machine. Null where binaryen fails. */
export function makeCase(seed: number, wasmOpt: WasmOpt): FuzzCase | null {
  const random = new Random(seed)
  const kind = random.pick(SHARES.flatMap(([name, count]) => Array<CaseKind>(count).fill(name)))
  const own = kind.endsWith('control flow')
  const bytes = own
    ? controlFlowModule(random)
    : wasmOpt.generate(random.bytes(300 + random.below(3_000)), { relaxedSimd: random.oneIn(8) })
  if (bytes === null) return null
  if (!kind.startsWith('mutant')) return { kind, bytes }
  let mutant = mutate(bytes, random)
  for (let attempt = 1; attempt < MUTATIONS && !WebAssembly.validate(mutant); attempt++) mutant = mutate(bytes, random)
  return { kind, bytes: mutant }
}
