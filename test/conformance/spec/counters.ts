import type { InstrumentedModule, ReservedNames } from '../../../src/instrument/index.ts'
import {
  ByteWriter,
  copySection,
  encodeS64,
  readModule,
  SECTION,
  writeHeader,
  writeSection,
} from '../../../src/wasm/index.ts'

/** More than any program of the tests uses. */
export const PLENTY = 10n ** 15n
/** What a guest may use of the stack of V8, bytes: a little less than V8 gives to a thread. */
const STACK_BYTES = 800_000

/** The counters of one rewritten instance that its host has to set. */
export interface Counters {
  /** Fuel left; negative after it ran out. */
  fuel: bigint
  /** Tells whether a call since `fill` did not fit on the stack. */
  readonly isStackOut: boolean
  /** Tells whether a memory or an array since `fill` was not granted for its cap. */
  readonly isMemoryRefused: boolean
  /** Sets all counters for a call of an export. */
  fill(fuel: bigint): void
  /** Remembers how much stack is left, in a host function that calls an export; the answer sets it to that again. */
  markStack(): () => void
}

export function openCounters(exports: WebAssembly.Exports, names: ReservedNames): Counters {
  const fuel = exports[names.fuel] as { value: bigint }
  const refusedPages = exports[names.refusedPages] as { value: bigint }
  const stack = exports[names.stack] as { value: number }
  return {
    get fuel() {
      return fuel.value
    },
    set fuel(value) {
      fuel.value = value
    },
    get isStackOut() {
      return stack.value < 0
    },
    get isMemoryRefused() {
      return refusedPages.value !== 0n
    },
    fill(budget) {
      fuel.value = budget
      refusedPages.value = 0n
      stack.value = STACK_BYTES
    },
    markStack() {
      const left = stack.value
      return () => {
        stack.value = left
      }
    },
  }
}

/**
 * Gives the counters of a rewritten module their values from the beginning.
 *
 * A module that imports a table, which the import policy refuses, can leave functions in it although its instantiation
 * fails. Nobody has a handle on that instance, so nobody could fill its counters.
 */
export function fillCounters({ bytes, names }: InstrumentedModule): Uint8Array<ArrayBuffer> {
  const info = readModule(bytes)
  const values = new Map([
    [names.fuel, Number(PLENTY)],
    [names.stack, STACK_BYTES],
  ])
  const out = new ByteWriter(bytes.length + 64)
  writeHeader(out)
  for (const section of info.sections) {
    if (section.id !== SECTION.global) {
      copySection(out, info, section)
      continue
    }
    const own = info.globals.filter(({ imported }) => !imported)
    const contents = new ByteWriter(section.size + 64)
    contents.writeU32(own.length)
    for (const { range, initializer, type } of own) {
      const name = info.exports.find(
        ({ kind, index }) => kind === 'global' && info.globals[index]?.range === range,
      )?.name
      const value = name === undefined ? undefined : values.get(name)
      const end = value === undefined ? range.offset + range.size : (initializer?.offset ?? 0)
      contents.writeBytes(bytes.subarray(range.offset, end))
      if (value !== undefined) contents.writeBytes([type === 'i64' ? 0x42 : 0x41, ...encodeS64(value), 0x0b])
    }
    writeSection(out, SECTION.global, contents.finish())
  }
  return out.finish()
}
