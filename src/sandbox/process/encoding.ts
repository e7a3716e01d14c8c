import { deserialize, serialize } from 'node:v8'
import { flattenEffects } from './effects-encoding.ts'
import { writeFrame } from './frames.ts'
import type { FromChild, ToChild } from './protocol.ts'

const LENGTH_BYTES = 4
const NO_BYTES = new Uint8Array()

/** What a child said, not believed yet. */
export interface Claim {
  readonly value: unknown
  readonly bytes: Uint8Array
}

/** Host: writes a message for a child. */
export function encodeToChild(message: ToChild): Buffer {
  return writeFrame(serialize(message))
}

/** Child: reads a message of the host. */
export function decodeToChild(frame: Buffer): ToChild {
  return deserialize(frame) as ToChild
}

/** Child: writes a message for the host; bytes of an output, an ask, a file or stored data follow the JSON text. */
export function encodeFromChild(message: FromChild): Buffer {
  const { plain, bytes } = takeBytes(message)
  const text = Buffer.from(JSON.stringify(plain))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(text.length)
  return writeFrame(length, text, bytes)
}

/** Takes the bytes out of a message. */
function takeBytes(message: FromChild): { readonly plain: object; readonly bytes: Uint8Array } {
  if (message.type === 'outcome' && message.effects !== null) {
    const { plain, bytes } = flattenEffects(message.effects)
    return { plain: { ...message, effects: plain }, bytes }
  }
  if (message.type !== 'event') return { plain: message, bytes: NO_BYTES }
  const { event } = message
  if (event.type === 'output')
    return { plain: { ...message, event: { ...event, bytes: undefined } }, bytes: event.bytes }
  if (event.type === 'ask') {
    const { bytes, ...ask } = event.ask
    return { plain: { ...message, event: { ...event, ask } }, bytes }
  }
  if (event.type !== 'exported' || event.part.type !== 'bytes') return { plain: message, bytes: NO_BYTES }
  return { plain: { ...message, event: { ...event, part: { type: 'bytes' } } }, bytes: event.part.bytes }
}

/**
 * Host: takes a message of a child apart. JSON, because reading it can at worst fail: V8's format of structured clones is
 * not made for what an enemy wrote.
 *
 * @throws whatever is wrong with it
 */
export function decodeFromChild(frame: Buffer): Claim {
  const textEnd = LENGTH_BYTES + frame.readUInt32LE()
  return {
    value: JSON.parse(frame.toString('utf8', LENGTH_BYTES, textEnd)) as unknown,
    bytes: new Uint8Array(frame.subarray(textEnd)),
  }
}
