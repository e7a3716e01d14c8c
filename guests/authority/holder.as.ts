// Fetches by a delegation: the content of a message is its handle and the URL.
import { Message, Request, fetchBy, getField, reply, toText } from 'caxton'

export function handleMessage(message: Message): i32 {
  const handle = toText(getField(message.content, 'handle'))
  const response = fetchBy(handle, new Request(toText(getField(message.content, 'url'))))
  if (response.error != 0) return reply(message, 'inform', response.error.toString())
  const body = response.text()
  return reply(message, 'inform', body === null ? 'null' : '"' + body + '"')
}
