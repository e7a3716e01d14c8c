/** What the tests beside this file share; it holds no test itself. */
import assert from 'node:assert/strict'
import binaryen from 'binaryen'
import type { CaxtonError, ErrorCode } from '../core/index.ts'
import { isCaxtonError } from '../core/index.ts'
import {
  appendEntries,
  ByteReader,
  ByteWriter,
  beginSection,
  copySection,
  encodeS64,
  encodeU32,
  endSection,
  InstructionCursor,
  OPCODE_BY_ROW,
  readLocals,
  readModule,
  SECTION,
  SECTION_RANK,
  writeExport,
  writeHeader,
} from '../wasm/index.ts'
import { COST_BY_ROW } from './costs.ts'
import type { InstrumentedModule, InstrumentRules } from './index.ts'
import { instrumentModule } from './index.ts'

export const RULES: InstrumentRules = { memoryMaxBytes: 2 ** 24, tableMaxElements: 10_000 }
export const PLENTY = 10n ** 15n
export const STACK_BYTES = 2 ** 19

type Exports = Record<string, (...args: readonly unknown[]) => unknown>

/** Assembles a module from the text format. */
export function assemble(wat: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(wat)
  module.setFeatures(binaryen.Features.All)
  const bytes = Uint8Array.from(module.emitBinary())
  module.dispose()
  assert.ok(WebAssembly.validate(bytes), 'the module of the test is valid')
  return bytes
}

export function instantiate(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports = {}): WebAssembly.Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports
}

/** An instance of a rewritten module with its fuel. */
export class Metered {
  readonly module: InstrumentedModule
  readonly exports: WebAssembly.Exports
  readonly #fuel: { value: bigint }
  readonly #stack: { value: number }

  constructor(bytes: Uint8Array<ArrayBuffer>, imports: WebAssembly.Imports = {}, rules = RULES) {
    this.module = instrumentModule(bytes, rules)
    this.exports = instantiate(this.module.bytes, imports)
    this.#fuel = this.exports[this.module.names.fuel] as unknown as { value: bigint }
    this.#stack = this.exports[this.module.names.stack] as unknown as { value: number }
    this.#stack.value = STACK_BYTES
  }

  get fuel(): bigint {
    return this.#fuel.value
  }

  /** Gives fuel for the next call, and the whole stack. */
  set fuel(value: bigint) {
    this.#fuel.value = value
    this.#stack.value = STACK_BYTES
  }

  get stack(): number {
    return this.#stack.value
  }

  set stack(value: number) {
    this.#stack.value = value
  }

  /** Value of a global that was added. */
  read(name: 'stackFloor' | 'tableGrowth'): number {
    return (this.exports[this.module.names[name]] as unknown as { value: number }).value
  }

  /** Lets the floor follow the stack down from here. */
  set stackFloor(value: number) {
    const floor = this.exports[this.module.names.stackFloor] as unknown as { value: number }
    floor.value = value
  }

  get refusedPages(): bigint {
    return (this.exports[this.module.names.refusedPages] as unknown as { value: bigint }).value
  }

  /** Calls an export; its result or what it threw, and the fuel it took. */
  call(name: string, ...args: readonly unknown[]): { outcome: unknown; used: bigint } {
    this.fuel = PLENTY
    const outcome = attempt(() => (this.exports as Exports)[name]?.(...args))
    return { outcome, used: PLENTY - this.fuel }
  }
}

/** Runs something; its result, or a description of what it threw. */
export function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    return error instanceof WebAssembly.RuntimeError
      ? `trap: ${error.message}`
      : `threw ${Object.prototype.toString.call(error)}`
  }
}

export function call(exports: WebAssembly.Exports, name: string, ...args: readonly unknown[]): unknown {
  return attempt(() => (exports as Exports)[name]?.(...args))
}

/** Asserts that something fails with a code; returns the error. */
export function fails(code: ErrorCode, run: () => unknown): CaxtonError {
  try {
    run()
  } catch (error) {
    assert.ok(isCaxtonError(error), String(error))
    assert.equal(error.code, code, error.message)
    return error
  }
  return assert.fail(`nothing thrown, expected ${code}`)
}

export const SLOW_COUNT = 'slow count'

/**
 * The slow checker: adds to a global the price of each single instruction right before it runs, and the lengths of
 * bulk instructions on memories and tables. It knows nothing of blocks.
 */
export function countSlowly(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const info = readModule(bytes)
  const out = new ByteWriter(bytes.length * 8)
  const count = info.globals.length
  const entry = new ByteWriter()
  writeExport(entry, { name: SLOW_COUNT, kind: 'global', index: count })
  const added = new Map<number, Uint8Array>([
    [SECTION.global, Uint8Array.of(0x7e, 1, 0x42, 0, 0x0b)],
    [SECTION.export, entry.finish()],
  ])
  writeHeader(out)
  const append = (id: number): void => {
    const old = info.sections.find((section) => section.id === id)
    const contents = beginSection(out, id)
    const reader = old === undefined ? null : new ByteReader(bytes, old.offset, old.offset + old.size)
    appendEntries(out, reader, 1, () => out.writeBytes(added.get(id) ?? []))
    endSection(out, contents)
    added.delete(id)
  }
  for (const section of info.sections) {
    for (const id of [...added.keys()]) {
      if (section.id !== 0 && (SECTION_RANK[id] ?? 0) < (SECTION_RANK[section.id] ?? 0)) append(id)
    }
    if (added.has(section.id)) append(section.id)
    else if (section.id === SECTION.code) countCode(out, bytes, count)
    else copySection(out, info, section)
  }
  return out.finish()
}

function countCode(out: ByteWriter, bytes: Uint8Array, count: number): void {
  const info = readModule(bytes)
  const contents = beginSection(out, SECTION.code)
  out.writeU32(info.code.count)
  for (let i = 0; i < info.code.count; i++) {
    const offset = info.code.offsets[i] as number
    const end = offset + (info.code.sizes[i] as number)
    const body = countBody(
      bytes,
      offset,
      end,
      info.functionType(info.importedFunctionCount + i)?.params.length ?? 0,
      encodeU32(count),
    )
    out.writeU32(body.length)
    out.writeBytes(body)
  }
  endSection(out, contents)
}

/** Logarithm of the length a unit of fuel covers; negative where a unit of length costs more. */
const LENGTHS: Readonly<Record<string, number>> = {
  'memory.fill': 4,
  'memory.copy': 4,
  'memory.init': 4,
  'table.fill': -8,
  'table.copy': -6,
  'table.init': -7,
}

function countBody(
  bytes: Uint8Array,
  offset: number,
  end: number,
  params: number,
  count: readonly number[],
): Uint8Array {
  const out = new ByteWriter((end - offset) * 8)
  const locals = readLocals(bytes, offset, end)
  const length = encodeU32(params + locals.count)
  out.writeU32(locals.groups + 1)
  out.writeBytes(bytes.subarray(locals.groupsOffset, locals.offset))
  out.writeBytes([1, 0x7f])
  const cursor = new InstructionCursor(bytes, locals.offset, end)
  while (cursor.next()) {
    const cost = COST_BY_ROW[cursor.row] as number
    if (cost > 0) out.writeBytes([0x23, ...count, 0x42, ...encodeS64(cost), 0x7c, 0x24, ...count])
    const shift = LENGTHS[OPCODE_BY_ROW[cursor.row]?.name ?? '']
    if (shift !== undefined) {
      out.writeBytes([
        0x21,
        ...length,
        0x23,
        ...count,
        0x20,
        ...length,
        0xad,
        0x42,
        Math.abs(shift),
        shift < 0 ? 0x86 : 0x88,
        0x7c,
        0x24,
        ...count,
        0x20,
        ...length,
      ])
    }
    out.writeBytes(bytes.subarray(cursor.start, cursor.offset))
  }
  return out.finish()
}
