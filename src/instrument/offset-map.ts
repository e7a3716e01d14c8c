import type { CodeBodies, ModuleInfo } from '../wasm/index.ts'
import { ByteReader, ByteWriter } from '../wasm/index.ts'

/** Runs from one entry of the index to the next: so many are read at most to look one up. */
const INDEX_RUNS = 512

/**
 * Leads from offsets in the rewritten file back to the original file. It holds the beginnings of the runs of code that
 * were copied unchanged, as distances in LEB128: about 3 bytes for each insertion, whatever its length. Look-up: binary
 * search, then a scan of a bounded number of runs.
 */
export class OffsetMap {
  readonly #runs: Runs
  readonly #bodies: CodeBodies
  readonly #importedFunctionCount: number
  readonly #codeEnd: number

  constructor(parts: { runs: Runs; bodies: CodeBodies; importedFunctionCount: number; codeEnd: number }) {
    this.#runs = parts.runs
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
    const list = new RunList()
    list.shift(reader.readU32('where the code begins'))
    let rewritten = 0
    let original = 0
    while (reader.offset < bytes.length) {
      rewritten += reader.readU32('a distance of rewritten code')
      original += fromZigzag(reader.readU32('a distance of original code'))
      list.push(rewritten, original)
    }
    return new OffsetMap({ runs: list.finish(), codeEnd, bodies: code, importedFunctionCount })
  }

  /** Writes the map without what the module itself says. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const { bytes, shift } = this.#runs
    const writer = new ByteWriter(bytes.length + 16)
    writer.writeU32(this.#codeEnd)
    writer.writeU32(shift)
    writer.writeBytes(bytes)
    return writer.finish()
  }

  /** Bytes of memory the map takes. */
  get byteLength(): number {
    const { bytes, index } = this.#runs
    return bytes.byteLength + index.byteLength
  }

  /**
   * Returns the offset in the original file of an instruction in the rewritten file; for an inserted instruction, of
   * the original one it stands before. -1 outside the bodies of the module's own functions.
   */
  originalOf(rewrittenOffset: number): number {
    const offset = rewrittenOffset - this.#runs.shift
    if (rewrittenOffset >= this.#codeEnd) return -1
    const run = this.#find(offset)
    if (run === null) return -1
    return Math.min(run.original + (offset - run.rewritten), run.next ?? this.#lastBodyEnd())
  }

  /** Finds the last run at or below an offset, and where the next one begins in the original. */
  #find(offset: number): { rewritten: number; original: number; next: number | null } | null {
    const { bytes, index } = this.#runs
    const entry = findLast(index, ENTRY_SIZE, offset)
    if (entry < 0) return null
    const reader = new ByteReader(bytes)
    let [rewritten = 0, original = 0] = index.subarray(entry * ENTRY_SIZE)
    reader.offset = index[entry * ENTRY_SIZE + 2] as number
    while (reader.offset < bytes.length) {
      const begin = rewritten + reader.readU32('a distance of rewritten code')
      const next = original + fromZigzag(reader.readU32('a distance of original code'))
      if (begin > offset) return { rewritten, original, next }
      rewritten = begin
      original = next
    }
    return { rewritten, original, next: null }
  }

  /** Returns the index of the function whose body holds an offset of the original file; -1 if none does. */
  functionAt(originalOffset: number): number {
    const { offsets, sizes, count } = this.#bodies
    const body = findLast(offsets.subarray(0, count), 1, originalOffset)
    if (body < 0 || originalOffset >= (offsets[body] as number) + (sizes[body] as number)) return -1
    return this.#importedFunctionCount + body
  }

  #lastBodyEnd(): number {
    const { offsets, sizes, count } = this.#bodies
    return count === 0 ? 0 : (offsets[count - 1] as number) + (sizes[count - 1] as number)
  }
}

/** Runs in their final form. */
export interface Runs {
  /** For each run its distances to the run before. */
  readonly bytes: Uint8Array
  /** For every so many runs: its two offsets, and where the run behind it is in `bytes`. */
  readonly index: Uint32Array
  /** Added to all offsets in the rewritten file. */
  readonly shift: number
}

const ENTRY_SIZE = 3

/** Runs of copied code, as they are collected. */
export class RunList {
  readonly #bytes = new ByteWriter(4_096)
  readonly #index: number[] = []
  #rewritten = 0
  #original = 0
  #count = 0
  #shift = 0

  /** Moves all runs in the rewritten file, those that come later, too. */
  shift(distance: number): void {
    this.#shift += distance
  }

  push(rewritten: number, original: number): void {
    const out = this.#bytes
    out.writeU32(rewritten - this.#rewritten)
    out.writeU32(toZigzag(original - this.#original))
    if (this.#count++ % INDEX_RUNS === 0) this.#index.push(rewritten, original, out.length)
    this.#rewritten = rewritten
    this.#original = original
  }

  /** Returns the runs. The list is empty afterwards. */
  finish(): Runs {
    return { bytes: this.#bytes.finish(), index: Uint32Array.from(this.#index), shift: this.#shift }
  }
}

/** Counted loops are written twice, so the original goes back at times. */
function toZigzag(distance: number): number {
  return distance < 0 ? -2 * distance - 1 : 2 * distance
}

function fromZigzag(value: number): number {
  return value % 2 === 1 ? -(value + 1) / 2 : value / 2
}

/** Index of the last entry at or below a value, among entries of a size that begin with ascending numbers; -1 if there is none. */
function findLast(sorted: Uint32Array, size: number, value: number): number {
  let low = 0
  let high = sorted.length / size
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle * size] as number) <= value) low = middle + 1
    else high = middle
  }
  return low - 1
}
