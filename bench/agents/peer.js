import { reply } from 'caxton'

/** As peer.c. */
export function handleMessage(message) {
  if (typeof message.content !== 'number') return reply(message, 'inform', message.content)
  let state = 1
  for (let turn = 0; turn < message.content; turn += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return reply(message, 'inform', state >>> 0)
}
