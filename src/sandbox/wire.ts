import type { GuestCall, ToWorker } from './protocol.ts'

/*
 * How messages cross from the main thread to a worker: many in one `postMessage`, in one flat array.
 *
 * The kind that comes with every message of an agent is written field by field: to clone it as an object costs five times as
 * much. Everything else is cloned as it is.
 */

/** Messages in their order; made and read by the functions of this file alone. */
export type Batch = unknown[]

const OTHER = 0
const HANDLE = 1
const HANDLE_LENGTH = 7

/** Length from which a batch is posted early, of sixteen messages: to post it costs little of what they do. */
export const EARLY_LENGTH = 16 * HANDLE_LENGTH

export function writeToWorker(batch: Batch, message: ToWorker): void {
  if (message.type !== 'call' || message.call.kind !== 'handle') batch.push(OTHER, message)
  else {
    const { header, content, sender, conversation } = message.call
    batch.push(HANDLE, message.agent, message.id, header, content, sender, conversation)
  }
}

export function readToWorker(batch: Batch, take: (message: ToWorker) => void): void {
  for (let at = 0; at < batch.length; ) {
    if (batch[at] === OTHER) {
      take(batch[at + 1] as ToWorker)
      at += 2
      continue
    }
    const call: GuestCall = {
      kind: 'handle',
      header: batch[at + 3] as string,
      content: batch[at + 4] as string | undefined,
      sender: batch[at + 5] as string,
      conversation: batch[at + 6] as string,
      hops: 0,
    }
    take({ type: 'call', agent: batch[at + 1] as number, id: batch[at + 2] as number, call })
    at += HANDLE_LENGTH
  }
}
