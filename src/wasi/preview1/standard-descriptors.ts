import type { Directory } from '../files/node.ts'
import type { Descriptor, OpenFile } from '../state/descriptor-table.ts'
import { DescriptorTable } from '../state/descriptor-table.ts'
import type { ByteSink, ByteSource } from '../state/streams.ts'
import { DIRECTORY_RIGHTS, INHERITED_RIGHTS, RIGHTS } from './types.ts'

/** Standard input, output and error of one agent; null means closed. */
export interface StandardStreams {
  readonly stdin: ByteSource | null
  readonly stdout: ByteSink | null
  readonly stderr: ByteSink | null
}

/** A directory that is open from the start. */
export interface Preopen {
  /** Where the guest sees it. */
  readonly at: string
  readonly directory: Directory
}

const COMMON_RIGHTS = RIGHTS.FD_FDSTAT_SET_FLAGS | RIGHTS.FD_FILESTAT_GET | RIGHTS.POLL_FD_READWRITE

/** Makes the descriptors that an agent starts with: 0, 1 and 2, and its directories from 3 on. */
export function createDescriptors(
  { stdin, stdout, stderr }: StandardStreams,
  preopens: readonly Preopen[] = [],
): DescriptorTable {
  const open: [number, Descriptor][] = []
  if (stdin !== null) open.push([0, describe({ type: 'input', source: stdin }, RIGHTS.FD_READ)])
  if (stdout !== null) open.push([1, describe({ type: 'output', sink: stdout }, RIGHTS.FD_WRITE)])
  if (stderr !== null) open.push([2, describe({ type: 'output', sink: stderr }, RIGHTS.FD_WRITE)])
  for (const [index, { at, directory }] of preopens.entries()) {
    const file = { type: 'directory', directory, preopen: at, listing: null } as const
    open.push([
      3 + index,
      { file: { ...file }, rightsBase: DIRECTORY_RIGHTS, rightsInheriting: INHERITED_RIGHTS, flags: 0 },
    ])
  }
  return new DescriptorTable(open)
}

/** A terminal-like device can be neither sought nor told: that is how libc tells it from a file. */
function describe(file: OpenFile, right: bigint): Descriptor {
  return { file, rightsBase: COMMON_RIGHTS | right, rightsInheriting: 0n, flags: 0 }
}
