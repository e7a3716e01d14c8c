// Passes on what it was given, more narrowly, and starts helpers: the script side of the other two.
import type { Message } from 'caxton'
import { CaxtonError, delegate, fetchBy, reply, setDelegation, spawn, stopAgent } from 'caxton'

// biome-ignore lint/suspicious/noExplicitAny: the test decides what it is
type Content = any

const DEEDS: Readonly<Record<string, (content: Content) => Promise<unknown>>> = {
  delegate: ({ request }) => delegate(request),
  set: ({ handle, state }) => setDelegation(handle, state),
  fetch: async ({ handle, url }) => (await fetchBy(handle, url)).text(),
  spawn: ({ request }) => spawn(request),
  stop: ({ name }) => stopAgent(name),
}

export async function handleMessage(message: Message) {
  try {
    return reply(message, 'inform', { value: await DEEDS[message.content.deed]?.(message.content) })
  } catch (error) {
    if (error instanceof CaxtonError) return reply(message, 'inform', { status: error.status })
    throw error
  }
}
