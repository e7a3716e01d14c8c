import { ByteWriter, SECTION, writeSection, writeU32 } from '../wasm/index.ts'

/**
 * Tells the engine that fuel is not used up at a charge, and that a function is not deeper than any before: what it has to
 * save around the call of the slice hook it then saves there, and not in every loop, and it does not put the code for a new
 * depth, which a recursion calls on its first way down, into every function.
 *
 * @see https://github.com/WebAssembly/branch-hinting
 */
export class BranchHints {
  readonly #functions = new ByteWriter(1_024)
  #functionCount = 0
  #offsets = new Uint32Array(256)
  #count = 0

  /** Adds an `if` that is rarely taken; `offset` counts from the beginning of the function's body. */
  add(offset: number): void {
    if (this.#count === this.#offsets.length) {
      this.#offsets = new Uint32Array(this.#offsets.buffer.transfer(this.#count * 8))
    }
    this.#offsets[this.#count++] = offset
  }

  endFunction(functionIndex: number): void {
    if (this.#count === 0) return
    const out = this.#functions
    out.writeU32(functionIndex)
    out.writeU32(this.#count)
    out.reserve(this.#count * 7)
    for (let i = 0; i < this.#count; i++) {
      out.length = writeU32(out.bytes, out.length, this.#offsets[i] as number)
      out.bytes[out.length++] = 1
      out.bytes[out.length++] = 0
    }
    this.#functionCount += 1
    this.#count = 0
  }

  /** Returns the custom section, which must stand before the code; nothing without hints. */
  finish(): Uint8Array {
    const section = new ByteWriter()
    if (this.#functionCount === 0) return section.finish()
    const contents = new ByteWriter()
    contents.writeName('metadata.code.branch_hint')
    contents.writeU32(this.#functionCount)
    contents.writeBytes(this.#functions.finish())
    writeSection(section, SECTION.custom, contents.finish())
    return section.finish()
  }
}
