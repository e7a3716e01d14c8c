import { MODULE_LIMITS } from '../core/index.ts'
import { ByteReader } from './byte-reader.ts'
import { beyondLimit } from './malformed.ts'
import { readValueType } from './read/value-types.ts'

/** The declaration of a body's locals: how many groups and locals, and where its instructions begin. */
export interface Locals {
  readonly groups: number
  /** Locals without the parameters. */
  readonly count: number
  /** Where the first group is, behind the number of groups. */
  readonly groupsOffset: number
  /** Where the instructions begin. */
  readonly offset: number
  /** Some of them are vectors of 128 bits. */
  readonly wide: boolean
}

/** Reads the declaration of locals at the beginning of a function body. */
export function readLocals(bytes: Uint8Array, offset: number, end: number): Locals {
  const reader = new ByteReader(bytes, offset, end)
  const groups = reader.readCount('groups of locals', MODULE_LIMITS.functionLocals)
  const groupsOffset = reader.offset
  let count = 0
  let wide = false
  for (let i = 0; i < groups; i++) {
    const start = reader.offset
    count += reader.readU32('a number of locals')
    if (count > MODULE_LIMITS.functionLocals)
      throw beyondLimit(start, 'locals in a function', MODULE_LIMITS.functionLocals, count)
    if (readValueType(reader) === 'v128') wide = true
  }
  return { groups, count, groupsOffset, offset: reader.offset, wide }
}
