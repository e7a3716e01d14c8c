import { MODULE_LIMITS } from '../../core/index.ts'
import type { ByteReader } from '../byte-reader.ts'
import { beyondLimit, malformed } from '../malformed.ts'
import type { CodeBodies } from '../module-info.ts'

/** Reads the function section: the type index of each of the module's own functions. */
export function readFunctions(reader: ByteReader): Uint32Array {
  const functions = new Uint32Array(reader.readCount('functions', MODULE_LIMITS.functions))
  for (let i = 0; i < functions.length; i++) functions[i] = reader.readU32('the type of a function')
  return functions
}

/** Reads where the bodies of the code section are, not what is in them. */
export function readCode(reader: ByteReader): CodeBodies {
  const count = reader.readCount('function bodies', MODULE_LIMITS.functions)
  const offsets = new Uint32Array(count)
  const sizes = new Uint32Array(count)
  for (let i = 0; i < count; i++) {
    const start = reader.offset
    const size = reader.readU32('the size of a function body')
    if (size > MODULE_LIMITS.functionBytes)
      throw beyondLimit(start, 'bytes in a function', MODULE_LIMITS.functionBytes, size)
    if (size < 2) throw malformed(start, 'a function body of at least 2 bytes', String(size))
    offsets[i] = reader.offset
    sizes[i] = size
    reader.skip(size, 'a function body')
  }
  return { count, offsets, sizes }
}
