import binaryen from 'binaryen'
import { ByteWriter, SECTION, writeSection, writeTargetFeatures } from '../../../src/wasm/index.ts'

/** Everything that V8 runs, in binaryen's names. */
const FEATURES = [
  'atomics bulk-memory bulk-memory-opt call-indirect-overlong exception-handling extended-const gc memory64 multimemory',
  'multivalue mutable-globals nontrapping-fptoint reference-types relaxed-simd sign-ext simd128 tail-call',
]
  .join(' ')
  .split(' ')

/** What binaryen says of a module: a parser and a validator that share nothing with V8's. */
export function askBinaryen(bytes: Uint8Array): 'valid' | 'invalid' | 'unreadable' {
  let module: binaryen.Module
  try {
    module = binaryen.readBinary(Buffer.concat([bytes, featureSection()]))
  } catch {
    return 'unreadable'
  }
  try {
    return module.validate() === 1 ? 'valid' : 'invalid'
  } finally {
    module.dispose()
  }
}

/** Without it binaryen reads some instructions as if they were of another version. */
function featureSection(): Uint8Array {
  const contents = new ByteWriter()
  contents.writeName('target_features')
  writeTargetFeatures(
    contents,
    FEATURES.map((name) => ({ prefix: '+', name })),
  )
  const section = new ByteWriter()
  writeSection(section, SECTION.custom, contents.finish())
  return section.finish()
}
