import type { InstrumentedModule } from '../instrument/index.ts'
import { OffsetMap } from '../instrument/index.ts'
import { readModule } from '../wasm/index.ts'

/** Two lengths: of the facts and of the map. */
const HEADER_BYTES = 8

type Facts = Omit<InstrumentedModule, 'bytes' | 'info' | 'offsetMap'>

/** Every fact of a rewritten module that is stored as JSON: one that is not named here does not pass the type checker. */
const STORED_FACTS = { names: true, instantiationFuel: true } as const satisfies Readonly<Record<keyof Facts, true>>

/**
 * Writes a rewritten module: lengths, facts as JSON, the offset map, the bytes. What can be read again from the original
 * module is left out.
 */
export function encodeModule({ bytes, info: _, offsetMap, ...facts }: InstrumentedModule): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(facts satisfies Record<keyof typeof STORED_FACTS, unknown>))
  const map = offsetMap.toBytes()
  const out = new Uint8Array(HEADER_BYTES + json.length + map.length + bytes.length)
  const header = new DataView(out.buffer)
  header.setUint32(0, json.length, true)
  header.setUint32(4, map.length, true)
  out.set(json, HEADER_BYTES)
  out.set(map, HEADER_BYTES + json.length)
  out.set(bytes, HEADER_BYTES + json.length + map.length)
  return out
}

/**
 * Reads what `encodeModule` wrote of the module with these original bytes; undefined if it is something else.
 *
 * Cost: linear in the code that was added; the original is read again, without its code.
 */
export function decodeModule(stored: Uint8Array<ArrayBuffer>, original: Uint8Array): InstrumentedModule | undefined {
  try {
    const header = new DataView(stored.buffer, stored.byteOffset, stored.length)
    const mapStart = HEADER_BYTES + header.getUint32(0, true)
    const start = mapStart + header.getUint32(4, true)
    const facts = JSON.parse(new TextDecoder().decode(stored.subarray(HEADER_BYTES, mapStart))) as Facts
    const info = readModule(original)
    const offsetMap = OffsetMap.fromBytes(stored.subarray(mapStart, start), info)
    return { ...facts, bytes: stored.slice(start), info, offsetMap }
  } catch {
    return undefined
  }
}
