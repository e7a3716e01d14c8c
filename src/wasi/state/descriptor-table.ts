import { WASI_LIMITS } from '../../core/index.ts'
import type { Directory, Listing, RegularFile } from '../files/node.ts'
import type { ByteSink, ByteSource } from './streams.ts'

/** What a descriptor leads to. */
export type OpenFile =
  | { readonly type: 'input'; readonly source: ByteSource }
  | { readonly type: 'output'; readonly sink: ByteSink }
  | OpenRegularFile
  | OpenDirectory

export interface OpenRegularFile {
  readonly type: 'file'
  readonly file: RegularFile
  /** Where the next read or write begins, bytes. */
  position: number
}

export interface OpenDirectory {
  readonly type: 'directory'
  readonly directory: Directory
  /** Where the guest sees it, for a directory that is open from the start. */
  readonly preopen: string | null
  /** Made at the first look at its entries. */
  listing: Listing | null
}

/** An open descriptor: what it leads to, and what may still be done with it. */
export interface Descriptor {
  readonly file: OpenFile
  /** Rights left, as the bits of preview 1: they can only be taken away. */
  rightsBase: bigint
  rightsInheriting: bigint
  /** Flags of preview 1 that the guest has set. */
  flags: number
}

/** Below are the numbers of standard streams: no file takes the place of one that is closed, and what is printed to it. */
const FIRST_NUMBER = 3

/** The open descriptors of one agent, by number: never more than WASI_LIMITS.descriptors. */
export class DescriptorTable {
  readonly #open: Map<number, Descriptor>
  /** No number from the first one to this is free. */
  #lowest = FIRST_NUMBER

  constructor(open: Iterable<readonly [number, Descriptor]>) {
    this.#open = new Map(open)
  }

  get isFull(): boolean {
    return this.#open.size >= WASI_LIMITS.descriptors
  }

  /** Gives a descriptor the lowest free number. There must be room for it. */
  open(descriptor: Descriptor): number {
    while (this.#open.has(this.#lowest)) this.#lowest += 1
    this.#open.set(this.#lowest, descriptor)
    return this.#lowest
  }

  get size(): number {
    return this.#open.size
  }

  get(number: number): Descriptor | undefined {
    return this.#open.get(number)
  }

  /** Returns false if the number is not open. */
  close(number: number): boolean {
    const descriptor = this.#open.get(number)
    if (descriptor === undefined) return false
    this.#open.delete(number)
    this.#free(number)
    closeFile(descriptor.file)
    return true
  }

  /** Closes what is open. Idempotent. */
  closeAll(): void {
    for (const number of [...this.#open.keys()]) this.close(number)
  }

  /** Moves a descriptor to the number of another one, which is closed. Returns false, with nothing changed, unless both are open. */
  renumber(from: number, to: number): boolean {
    const descriptor = this.#open.get(from)
    if (descriptor === undefined || !this.#open.has(to)) return false
    if (from === to) return true
    this.close(to)
    this.#open.delete(from)
    this.#free(from)
    this.#open.set(to, descriptor)
    return true
  }

  #free(number: number): void {
    if (number >= FIRST_NUMBER) this.#lowest = Math.min(this.#lowest, number)
  }
}

function closeFile(file: OpenFile): void {
  if (file.type === 'file') file.file.close()
  if (file.type !== 'directory') return
  file.listing?.close()
  file.directory.close()
}
