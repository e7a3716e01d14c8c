/**
 * Hostile: claims to be somebody else. It sends a result in the name of the coordinator and counts in the name of another
 * bidder, writes to whom it may not write, and then, in its own name, reports on a piece that it was never given.
 * The runtime refuses the first three; the coordinator does not believe the last.
 */
import type { Draft, Message } from 'caxton'
import { log, registerCapability, reply, send } from 'caxton'

export function init() {
  registerCapability('count')
}

export function handleMessage(message: Message) {
  if (message.performative !== 'cfp') return
  const counts = { caxton: 1_000_000 }
  attempt('to be the coordinator', {
    sender: 'coordinator',
    performative: 'inform',
    receiver: 'user',
    content: { words: 1_000_000, distinct: 1, top: Object.entries(counts) },
  })
  attempt('to be another bidder', {
    sender: 'count-c-1',
    performative: 'inform',
    receiver: message.sender,
    in_reply_to: message.reply_with,
    content: { counts },
  })
  attempt('to write to another bidder', { performative: 'cancel', receiver: 'count-c-1' })
  reply(message, 'inform', { counts })
  reply(message, 'refuse', 'no business with you')
}

function attempt(what: string, draft: Draft) {
  try {
    send(draft)
    log('error', `${what}: SENT`)
  } catch (error) {
    log('info', `${what}: ${error.code}`)
  }
}
