import type { Message } from '../core/index.ts'
import { formatMessage } from '../core/index.ts'

/** Bytes of a message in a mailbox: its JSON text in UTF-8. */
export function messageBytes(message: Message): number {
  return Buffer.byteLength(formatMessage(message))
}
