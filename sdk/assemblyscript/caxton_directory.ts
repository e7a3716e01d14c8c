/** The directory: what agents offer, who finds it, and who is told of changes. */
import * as abi from './caxton_abi'
import { Writer } from './caxton_json'
import { Result } from './caxton_services'

/**
 * Offers a capability like `registerCapability`, and says more of it; offering again takes the place of what was offered before.
 * `properties` is JSON text, an object of texts, numbers, true and false, or ''. After `leaseMs` the offer lapses unless it is made
 * again; 0 is never. OK or a negative status.
 */
export function offerCapability(name: string, properties: string = '', ontology: string = '', leaseMs: i64 = 0): i32 {
  const writer = new Writer().beginObject().key('name').string(name)
  if (leaseMs != 0) writer.key('lease_ms').integer(leaseMs)
  writeSaid(writer, properties, ontology)
  const text = String.UTF8.encode(writer.endObject().toString())
  return abi.offer_capability(changetype<usize>(text), text.byteLength)
}

/** Takes a capability back that was registered or offered. */
export function withdrawCapability(name: string): i32 {
  const text = String.UTF8.encode(name)
  return abi.withdraw_capability(changetype<usize>(text), text.byteLength)
}

/**
 * Finds what agents offer now. What is '' is not looked at; each of the `properties`, JSON text as for `offerCapability`, must be there
 * with an equal value of the same type. The answer is JSON text with `offers` and `more`.
 */
export function searchDirectory(capability: string = '', properties: string = '', ontology: string = ''): Result {
  const text = writeFilter(capability, properties, ontology)
  return Result.of(abi.search_directory(changetype<usize>(text), text.byteLength))
}

/**
 * Has the agent told of changes in what `searchDirectory` would find, under a number of its own: by messages of `caxton` with the
 * ontology `caxton-directory`. A watch of that number ends.
 */
export function watchDirectory(
  id: i32,
  capability: string = '',
  properties: string = '',
  ontology: string = '',
): i32 {
  const text = writeFilter(capability, properties, ontology)
  return abi.watch_directory(id, changetype<usize>(text), text.byteLength)
}

/** Ends a watch. */
export function unwatchDirectory(id: i32): i32 {
  return abi.unwatch_directory(id)
}

function writeFilter(capability: string, properties: string, ontology: string): ArrayBuffer {
  const writer = new Writer().beginObject()
  if (capability != '') writer.key('capability').string(capability)
  writeSaid(writer, properties, ontology)
  return String.UTF8.encode(writer.endObject().toString())
}

function writeSaid(writer: Writer, properties: string, ontology: string): void {
  if (properties != '') writer.key('properties').json(properties)
  if (ontology != '') writer.key('ontology').string(ontology)
}
