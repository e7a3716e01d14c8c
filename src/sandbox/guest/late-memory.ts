import type { MemoryBuffer } from '../../capability/index.ts'

const NO_BYTES = new ArrayBuffer(0)

/** The memory of an instance that does not exist yet: empty until then. */
export class LateMemory implements MemoryBuffer {
  #memory: MemoryBuffer | null = null

  attach(memory: MemoryBuffer): void {
    this.#memory = memory
  }

  get buffer(): ArrayBufferLike {
    return this.#memory?.buffer ?? NO_BYTES
  }
}
