import type { FileProblem } from './problem.ts'

/*
 * What every file system offers, whatever ABI names it.
 *
 * 1. A name is one component of a path: not empty, not `.` or `..`, without `/` and zero, at most FILE_LIMITS.nameBytes.
 *    `Walk` sees to that; implementations rely on it.
 * 2. No method but `Walk` follows a symbolic link.
 * 3. What is opened is closed by whoever asked for it; `close` works once.
 * 4. Work is charged where it is done, before it is done.
 */

export type FileType = 'directory' | 'file' | 'link' | 'special'

/** Where the work on files is paid, and which time it is for them. */
export interface FileWork {
  /** Takes fuel. Ends the call with a trap if there is too little. */
  charge(fuel: number): void
  /** Nanoseconds since 1970-01-01T00:00Z by the clock of the agent. */
  nowNanos(): bigint
}

export interface Attributes {
  readonly device: bigint
  readonly inode: bigint
  readonly type: FileType
  readonly links: bigint
  readonly size: bigint
  readonly accessedNanos: bigint
  readonly modifiedNanos: bigint
  readonly changedNanos: bigint
}

/** New times of a file; null leaves one as it is. */
export interface Times {
  readonly accessed: bigint | 'now' | null
  readonly modified: bigint | 'now' | null
}

/** How a name is opened. */
export interface OpenHow {
  readonly read: boolean
  /** ISDIR for a directory. */
  readonly write: boolean
  /** Whether a file must be such that its size can be set; nothing to a directory. */
  readonly resize: boolean
  readonly create: boolean
  /** With `create`: fails if there is something under the name. */
  readonly exclusive: boolean
  readonly truncate: boolean
  /** Opens directories alone. */
  readonly directory: boolean
  /** What a write waits for. */
  readonly sync: 'nothing' | 'data' | 'all'
}

/** One entry of a directory; `next` is the cookie of whatever follows it. */
export interface DirectoryEntry {
  readonly name: string
  readonly inode: bigint
  readonly type: FileType
  readonly next: number
}

/** The entries of a directory in an order that stays, whatever is removed meanwhile. */
export interface Listing {
  /** Returns the entry at a cookie, or the first one behind it; null at the end. 0 is the beginning. */
  at(cookie: number): DirectoryEntry | null | FileProblem
  close(): void
}

/** A file or directory that is open. */
export interface OpenNode {
  stat(): Attributes | FileProblem
  setTimes(times: Times): FileProblem | null
  /** Brings data, or with `isWhole` all, to what it is stored on. */
  sync(isWhole: boolean): FileProblem | null
  close(): void
}

/** A file that is open. It has no position: whoever opened it keeps one. */
export interface RegularFile extends OpenNode {
  readonly type: 'file'
  size(): number | FileProblem
  setSize(size: number): FileProblem | null
  /** Makes sure that there is room up to an end, and that the file reaches it. */
  allocate(end: number): FileProblem | null
  /** Fills the buffers from an offset on and answers how many bytes there were; 0 is the end. */
  read(into: readonly Uint8Array[], offset: number): number | FileProblem
  /** Answers how many bytes were written: fewer than given only where no room is left. */
  write(from: readonly Uint8Array[], offset: number): number | FileProblem
  /** Writes at the end, wherever that is by then. */
  append(from: readonly Uint8Array[]): number | FileProblem
}

/** A directory that is open. */
export interface Directory extends OpenNode {
  readonly type: 'directory'
  /** Opens the same directory once more. */
  reopen(): Directory | FileProblem
  list(): Listing | FileProblem
  /** Opens a directory to go on from there. LOOP for a symbolic link. */
  enter(name: string): Directory | FileProblem
  /** INVAL for what is no symbolic link. */
  readLink(name: string): Uint8Array | FileProblem
  statChild(name: string): Attributes | FileProblem
  setChildTimes(name: string, times: Times): FileProblem | null
  /** LOOP for a symbolic link. */
  open(name: string, how: OpenHow): OpenedFile | FileProblem
  makeDirectory(name: string): FileProblem | null
  makeLink(name: string, target: string): FileProblem | null
  /** Gives a file of this directory a further name in `to`. */
  linkChild(name: string, to: Directory, newName: string): FileProblem | null
  rename(name: string, to: Directory, newName: string): FileProblem | null
  unlink(name: string): FileProblem | null
  removeDirectory(name: string): FileProblem | null
}

export type OpenedFile = RegularFile | Directory
