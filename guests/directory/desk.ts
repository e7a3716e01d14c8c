// Does in the directory what the operator asks for, and passes on to the operator what it is told of changes.
import type { Message } from 'caxton'
import {
  CaxtonError,
  NOT_UNDERSTOOD,
  offerCapability,
  registerCapability,
  reply,
  searchDirectory,
  send,
  unwatchDirectory,
  watchDirectory,
  withdrawCapability,
} from 'caxton'

// biome-ignore lint/suspicious/noExplicitAny: the test decides what it is
type Wish = any

const DEEDS: Readonly<Record<string, (wish: Wish) => unknown>> = {
  offer: ({ deed: _, ...offer }) => offerCapability(offer),
  register: ({ name }) => registerCapability(name),
  withdraw: ({ name }) => withdrawCapability(name),
  search: ({ name, properties, ontology }) => searchDirectory({ capability: name, properties, ontology }),
  watch: ({ id, name, properties, ontology }) => watchDirectory(id, { capability: name, properties, ontology }),
  unwatch: ({ id }) => unwatchDirectory(id),
}

export async function handleMessage(message: Message) {
  const wish: Wish = message.content
  const deed = DEEDS[wish.deed]
  if (deed === undefined && message.sender === 'caxton') {
    return send({ performative: 'inform', receiver: 'user', content: wish })
  }
  if (deed === undefined) return NOT_UNDERSTOOD
  try {
    return reply(message, 'inform', { status: 0, found: await deed(wish) })
  } catch (error) {
    if (error instanceof CaxtonError) return reply(message, 'inform', { status: error.status })
    throw error
  }
}
