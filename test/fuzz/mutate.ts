import { readModule } from '../../src/wasm/index.ts'
import type { Random } from './random.ts'

/** Changes a few bytes of a module, most of them in its code: many results are valid and do something else. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array<ArrayBuffer> {
  const mutant = Uint8Array.from(bytes)
  const { code } = readModule(bytes)
  for (let count = random.below(3); count >= 0; count--) {
    if (code.count === 0 || random.oneIn(5)) {
      mutant[random.below(mutant.length)] = random.next()
      continue
    }
    const body = random.below(code.count)
    const at = (code.offsets[body] as number) + random.below(code.sizes[body] as number)
    // A byte next to the old one often is an instruction of the same type, or another constant, local or label.
    mutant[at] = random.oneIn(3) ? random.next() : (mutant[at] as number) + random.below(7) - 3
  }
  return mutant
}
