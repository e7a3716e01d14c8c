import type { GuestMemory } from '../../capability/index.ts'
import type { Attributes, FileType, Times } from '../files/node.ts'
import { FILETYPE, FSTFLAGS, FSTFLAGS_ALL, SIZE } from './types.ts'

const FILETYPES: Readonly<Record<FileType, number>> = {
  directory: FILETYPE.DIRECTORY,
  file: FILETYPE.REGULAR_FILE,
  link: FILETYPE.SYMBOLIC_LINK,
  special: FILETYPE.UNKNOWN,
}

export function fileTypeNumber(type: FileType): number {
  return FILETYPES[type]
}

/** Writes a filestat record; the range must have been checked. */
export function writeFilestat(memory: GuestMemory, out: number, attributes: Attributes): void {
  memory.range(out, SIZE.FILESTAT).fill(0)
  memory.writeU64(out, attributes.device)
  memory.writeU64(out + 8, attributes.inode)
  memory.writeU8(out + 16, fileTypeNumber(attributes.type))
  memory.writeU64(out + 24, attributes.links)
  memory.writeU64(out + 32, attributes.size)
  memory.writeU64(out + 40, attributes.accessedNanos)
  memory.writeU64(out + 48, attributes.modifiedNanos)
  memory.writeU64(out + 56, attributes.changedNanos)
}

/** Reads the times of a call; undefined for flags that are unknown or ask for two values of one time. */
export function readTimes(accessed: bigint, modified: bigint, flags: number): Times | undefined {
  if ((flags & ~FSTFLAGS_ALL) !== 0) return undefined
  const both = (first: number, second: number) => (flags & first) !== 0 && (flags & second) !== 0
  if (both(FSTFLAGS.ATIM, FSTFLAGS.ATIM_NOW) || both(FSTFLAGS.MTIM, FSTFLAGS.MTIM_NOW)) return undefined
  const choose = (given: bigint, isGiven: boolean, isNow: boolean) =>
    isNow ? ('now' as const) : isGiven ? BigInt.asUintN(64, given) : null
  return {
    accessed: choose(accessed, (flags & FSTFLAGS.ATIM) !== 0, (flags & FSTFLAGS.ATIM_NOW) !== 0),
    modified: choose(modified, (flags & FSTFLAGS.MTIM) !== 0, (flags & FSTFLAGS.MTIM_NOW) !== 0),
  }
}
