import type { Message } from 'caxton'
import { NOT_UNDERSTOOD, reply } from 'caxton'

export function handleMessage(message: Message) {
  if (message.performative !== 'request') return NOT_UNDERSTOOD
  return reply(message, 'inform', message.content)
}
