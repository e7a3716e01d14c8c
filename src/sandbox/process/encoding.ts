import { deserialize, serialize } from 'node:v8'
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

/** Child: writes a message for the host; the bytes of an output follow the JSON text. */
export function encodeFromChild(message: FromChild): Buffer {
  const isOutput = message.type === 'event' && message.event.type === 'output'
  const bytes = isOutput ? (message.event as { readonly bytes: Uint8Array }).bytes : NO_BYTES
  const plain = isOutput ? { ...message, event: { ...message.event, bytes: undefined } } : message
  const text = Buffer.from(JSON.stringify(plain))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32LE(text.length)
  return writeFrame(length, text, bytes)
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
