// Imported: the global of that name is an accessor, which every use calls.
import { Buffer } from 'node:buffer'
import type { Message } from '../core/index.ts'

/** What a message takes besides its texts: names of fields, quotes, the objects that hold it, and `trace`, which the runtime may set on the way. */
const OVERHEAD_BYTES = 320

/** The message that was measured last: whoever routes one asks more than once. */
let measured: Message | null = null
let measuredBytes = 0

/**
 * Bytes that a message takes in a mailbox: its texts and a fixed overhead, about its JSON text in UTF-8.
 *
 * Cost: one look at each field; the same number in every thread.
 */
export function messageBytes(message: Message): number {
  if (message !== measured) {
    measuredBytes = measure(message)
    measured = message
  }
  return measuredBytes
}

function measure(message: Message): number {
  return (
    OVERHEAD_BYTES +
    Buffer.byteLength(message.content ?? '') +
    Buffer.byteLength(message.receiver) +
    message.performative.length +
    message.sender.length +
    message.message_id.length +
    sizeOf(message.conversation_id) +
    sizeOf(message.reply_with) +
    sizeOf(message.in_reply_to) +
    sizeOf(message.reply_by) +
    sizeOf(message.protocol) +
    sizeOf(message.language) +
    sizeOf(message.ontology) +
    sizeOf(message.reply_to) +
    sizeOf(message.encoding) +
    (message.extras === undefined ? 0 : sizeOfExtras(message.extras))
  )
}

function sizeOfExtras(extras: Readonly<Record<string, string>>): number {
  let bytes = 0
  for (const [name, text] of Object.entries(extras)) bytes += name.length + Buffer.byteLength(text)
  return bytes
}

function sizeOf(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text)
}
