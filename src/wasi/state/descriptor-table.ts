import type { ByteSink, ByteSource } from './streams.ts'

/** What a descriptor leads to. Files, directories and sockets become further members. */
export type OpenFile =
  | { readonly type: 'input'; readonly source: ByteSource }
  | { readonly type: 'output'; readonly sink: ByteSink }

/** An open descriptor: what it leads to, and what may still be done with it. */
export interface Descriptor {
  readonly file: OpenFile
  /** Rights left, as the bits of preview 1: they can only be taken away. */
  rightsBase: bigint
  rightsInheriting: bigint
  /** Flags of preview 1 that the guest has set. */
  flags: number
}

/**
 * The open descriptors of one agent, by number.
 *
 * Nothing a guest does makes the table larger than it was when it was made.
 */
export class DescriptorTable {
  readonly #open: Map<number, Descriptor>

  constructor(open: Iterable<readonly [number, Descriptor]>) {
    this.#open = new Map(open)
  }

  get size(): number {
    return this.#open.size
  }

  get(number: number): Descriptor | undefined {
    return this.#open.get(number)
  }

  /** Returns false if the number is not open. */
  close(number: number): boolean {
    return this.#open.delete(number)
  }

  /** Moves a descriptor to the number of another one, which is closed. Returns false, with nothing changed, unless both are open. */
  renumber(from: number, to: number): boolean {
    const descriptor = this.#open.get(from)
    if (descriptor === undefined || !this.#open.has(to)) return false
    this.#open.delete(from)
    this.#open.set(to, descriptor)
    return true
  }
}
