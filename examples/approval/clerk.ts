/**
 * Pays what it is asked to; above a limit it proposes the payment to a person first (FIPA00036). It keeps nothing meanwhile: what it has
 * to know when the answer comes, perhaps after days and a restart, travels with the question and comes back as `in_reply_to`.
 */
import type { Message } from 'caxton'
import { NOT_UNDERSTOOD, reply, send } from 'caxton'

const LIMIT = 100

export function handleMessage(message: Message) {
  if (message.performative === 'request')
    return message.content.amount > LIMIT ? propose(message) : reply(message, 'inform', 'paid')
  if (message.protocol === 'fipa-propose') return decide(message)
  return NOT_UNDERSTOOD
}

function propose({ conversation_id: payment, content }: Message) {
  send({
    performative: 'propose',
    receiver: 'human:alice',
    protocol: 'fipa-propose',
    conversation_id: `approval of ${payment}`,
    reply_with: payment,
    content,
  })
}

function decide({ performative, content, in_reply_to: payment }: Message) {
  const isApproved = performative === 'accept-proposal'
  send({
    performative: isApproved ? 'inform' : 'failure',
    receiver: 'user',
    ...(payment === undefined ? {} : { conversation_id: payment }),
    content: isApproved ? { paid: true, remark: content ?? null } : { paid: false },
  })
}
