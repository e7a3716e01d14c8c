import type { Message } from 'caxton'
import { getConfig, send, subscribeTopic } from 'caxton'

const last = new Map<string, number>()
let hasRung = false

export function init() {
  subscribeTopic('prices.*')
}

/** Tells the user the prices when one of them is above the configured one for the first time. */
export function handleMessage({ receiver, content }: Message) {
  last.set(receiver, content)
  if (hasRung || content <= Number(getConfig('above'))) return
  hasRung = true
  send({ performative: 'inform', receiver: 'user', content: Object.fromEntries(last) })
}
