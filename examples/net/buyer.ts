/**
 * Buys from the cheapest of many sellers: a contract net (FIPA00029) of which the runtime keeps the rules. Every seller answers
 * once: with a bid, with a refusal, or through the runtime, when it is silent, breaks the protocol or fails.
 */
import type { Collector, Message } from 'caxton'
import { chargeCost, collect, getConfig, nowMicros, reply } from 'caxton'

const sellers = getConfig('sellers')?.split(' ') ?? []
const patienceMs = Number(getConfig('patience_ms') ?? 300)
let order: Message | null = null
let bids: Collector | null = null

export function handleMessage(message: Message): void {
  if (message.sender === 'user') begin(message)
  else if (bids?.take(message)) {
    if (bids.isComplete) award(bids)
  } else if (message.performative === 'inform') deliver(message)
}

function begin(message: Message): void {
  order = message
  const deadline = new Date(nowMicros() / 1_000 + patienceMs).toISOString()
  const call = { protocol: 'fipa-contract-net', reply_by: deadline, content: message.content }
  bids = collect({ performative: 'cfp', receiver: sellers, ...call })
}

function award(all: Collector): void {
  const [cheapest, ...others] = all.by('propose').toSorted((a, b) => a.content.price - b.content.price)
  for (const other of others) reply(other, 'reject-proposal')
  if (cheapest !== undefined) reply(cheapest, 'accept-proposal')
  else if (order !== null) reply(order, 'failure', 'nobody sells')
}

function deliver(message: Message): void {
  if (order === null || bids === null) return
  chargeCost(message.content.price)
  const count = (act: Message['performative']) => bids?.by(act).length
  const answers = { propose: count('propose'), refuse: count('refuse'), failure: count('failure') }
  reply(order, 'inform', { seller: message.sender, price: message.content.price, answers })
}
