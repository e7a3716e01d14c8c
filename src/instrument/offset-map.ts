import type { CodeBodies, ModuleInfo } from '../wasm/index.ts'
import { ByteReader, ByteWriter } from '../wasm/index.ts'

/**
 * Leads from offsets in the rewritten file back to the original file. It holds the beginnings of the runs of code that
 * were copied unchanged: 8 bytes for each insertion, whatever its length. Look-up: binary search.
 */
export class OffsetMap {
  readonly #rewritten: Uint32Array
  readonly #original: Uint32Array
  readonly #bodies: CodeBodies
  readonly #importedFunctionCount: number
  readonly #codeEnd: number

  constructor(parts: { runs: RunList; bodies: CodeBodies; importedFunctionCount: number; codeEnd: number }) {
    this.#rewritten = parts.runs.rewritten.slice(0, parts.runs.count)
    this.#original = parts.runs.original.slice(0, parts.runs.count)
    this.#bodies = parts.bodies
    this.#importedFunctionCount = parts.importedFunctionCount
    this.#codeEnd = parts.codeEnd
  }

  /**
   * Reads what `toBytes` wrote of the map of the same module.
   *
   * @throws CaxtonError ERR_WASM_MALFORMED if it is something else
   */
  static fromBytes(bytes: Uint8Array, { code, importedFunctionCount }: ModuleInfo): OffsetMap {
    const reader = new ByteReader(bytes)
    const codeEnd = reader.readU32('the end of the code')
    const runs = new RunList()
    let rewritten = 0
    let original = 0
    while (reader.offset < bytes.length) {
      rewritten += reader.readU32('a distance of rewritten code')
      original += fromZigzag(reader.readU32('a distance of original code'))
      runs.push(rewritten, original)
    }
    return new OffsetMap({ runs, codeEnd, bodies: code, importedFunctionCount })
  }

  /** Writes the map without what the module itself says: two LEB128 numbers for each run, about 3 bytes. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter(this.#rewritten.length * 4 + 8)
    writer.writeU32(this.#codeEnd)
    for (let run = 0; run < this.#rewritten.length; run += 1) {
      writer.writeU32((this.#rewritten[run] as number) - (this.#rewritten[run - 1] ?? 0))
      writer.writeU32(toZigzag((this.#original[run] as number) - (this.#original[run - 1] ?? 0)))
    }
    return writer.finish()
  }

  /** Bytes of memory the map takes. */
  get byteLength(): number {
    return this.#rewritten.byteLength + this.#original.byteLength
  }

  /**
   * Returns the offset in the original file of an instruction in the rewritten file; for an inserted instruction, of
   * the original one it stands before. -1 outside the bodies of the module's own functions.
   */
  originalOf(rewrittenOffset: number): number {
    const run = findLast(this.#rewritten, this.#rewritten.length, rewrittenOffset)
    if (run < 0 || rewrittenOffset >= this.#codeEnd) return -1
    const begin = this.#original[run] as number
    const end = this.#original[run + 1] ?? this.#lastBodyEnd()
    return Math.min(begin + (rewrittenOffset - (this.#rewritten[run] as number)), end)
  }

  /** Returns the index of the function whose body holds an offset of the original file; -1 if none does. */
  functionAt(originalOffset: number): number {
    const { offsets, sizes, count } = this.#bodies
    const body = findLast(offsets, count, originalOffset)
    if (body < 0 || originalOffset >= (offsets[body] as number) + (sizes[body] as number)) return -1
    return this.#importedFunctionCount + body
  }

  #lastBodyEnd(): number {
    const { offsets, sizes, count } = this.#bodies
    return count === 0 ? 0 : (offsets[count - 1] as number) + (sizes[count - 1] as number)
  }
}

/** Counted loops are written twice, so the original goes back at times. */
function toZigzag(distance: number): number {
  return distance < 0 ? -2 * distance - 1 : 2 * distance
}

function fromZigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2
}

/** Runs of copied code, as they are collected. */
export class RunList {
  rewritten = new Uint32Array(64)
  original = new Uint32Array(64)
  count = 0

  /** Moves all runs in the rewritten file. */
  shift(distance: number): void {
    for (let run = 0; run < this.count; run++) this.rewritten[run] = (this.rewritten[run] as number) + distance
  }

  push(rewritten: number, original: number): void {
    if (this.count === this.rewritten.length) {
      this.rewritten = grow(this.rewritten)
      this.original = grow(this.original)
    }
    this.rewritten[this.count] = rewritten
    this.original[this.count] = original
    this.count += 1
  }
}

function grow(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  return new Uint32Array(array.buffer.transfer(Math.ceil(array.length * 1.5) * 4))
}

/** Index of the last entry at or below a value in an ascending array; -1 if there is none. */
function findLast(sorted: Uint32Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] as number) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
