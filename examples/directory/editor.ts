import type { Message } from 'caxton'
import { ask, reply, searchDirectory } from 'caxton'

/** Has "hello" translated into each language that somebody offers. */
export async function handleMessage(message: Message) {
  const translations: Record<string, string | null> = {}
  for (const to of message.content) {
    const { offers } = await searchDirectory({ capability: 'translate', properties: { to } })
    const [translator] = offers
    if (translator === undefined) {
      translations[to] = null
      continue
    }
    const answer = await ask({ performative: 'request', receiver: translator.agent, content: 'hello' })
    translations[to] = answer.content
  }
  reply(message, 'inform', translations)
}
