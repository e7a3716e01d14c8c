/**
 * Sells a lot in an English auction (FIPA00031): the price goes up from call to call until nobody else bids, then whoever bid last
 * is asked to pay. The runtime keeps the rules and answers for bidders that do not, so that every call comes to its end.
 */
import type { Collector, Message } from 'caxton'
import { collect, getConfig, nowMicros, reply, send, spawn } from 'caxton'

const protocol = 'fipa-auction-english'
const TEMPLATES = ['c', 'assemblyscript', 'typescript']
/** They sit in front. The last one is not there at all. */
const STRANGERS = [
  { name: 'fainter', template: 'assemblyscript', config: { manner: 'faints', limit: '10000' } },
  { name: 'looper', template: 'c', config: { manner: 'loops', limit: '10000' } },
  { name: 'mute', template: 'c', config: { manner: 'mute' } },
  { name: 'liar', template: 'assemblyscript', config: { manner: 'lies' } },
  { name: 'dawdler', template: 'typescript', config: { manner: 'late', limit: '10000' } },
]
const ABSENT = 'nobody'
const LATE = 'ERR_PROTOCOL_DEADLINE'
/** Calls that a bidder may let pass before it is called no more. */
const PATIENCE = 2

const setting = (name: string) => Number(getConfig(name))
const step = setting('step')
/** Who may still bid, in the order of their seats, and how many calls each has let pass. */
const hall = new Map<string, number>()
/** Who is out, and why. */
const out = new Map<string, string>()
let order: Message
let rounds = 0
/** What is called, and what the leader has bid. */
let price = setting('start')
let highest = 0
let bids: Collector
let leader: Message | null = null
/** Whether who led was lost: then the price before is called once more if nobody bids now. */
let isOpenAgain = false
let payment: Collector | null = null

export async function handleMessage(message: Message): Promise<void> {
  if (message.sender === 'user') await open(message)
  else if (payment !== null) conclude(payment, message)
  else if (bids.take(message)) {
    if (bids.isComplete) settle()
  } else if (message.sender === 'caxton') lose(message.content.receiver, message.content.reason)
}

async function open(message: Message): Promise<void> {
  order = message
  for (const stranger of STRANGERS) hall.set(await spawn(stranger), 0)
  hall.set(ABSENT, 0)
  for (let seat = 1; seat <= setting('bidders'); seat += 1) {
    const template = TEMPLATES[seat % TEMPLATES.length]!
    // Whoever sits at the back is richest, and the last one is richer than that.
    const limit = price + 10 * seat + (seat === setting('bidders') ? step : 0)
    hall.set(await spawn({ name: `bidder-${seat}`, template, config: { limit: String(limit) } }), 0)
  }
  send({ performative: 'inform', receiver: [...hall.keys()], ...place(), content: message.content })
  call(price)
}

/** Calls everybody but the one that leads. */
function call(at: number): void {
  price = at
  rounds += 1
  const receiver = [...hall.keys()].filter((name) => name !== leader?.sender)
  bids = collect({ performative: 'cfp', receiver, ...place(), reply_by: soon(), content: { price } })
}

function settle(): void {
  for (const [name, reason] of bids.unanswered) {
    const missed = reason === LATE ? (hall.get(name) ?? 0) + 1 : PATIENCE
    if (missed >= PATIENCE) lose(name, reason)
    else hall.set(name, missed)
  }
  // Of those who bid at once, the one that sits in front leads.
  const seats = [...hall.keys()]
  const [first, ...others] = bids.by('propose').toSorted((a, b) => seats.indexOf(a.sender) - seats.indexOf(b.sender))
  for (const other of others) reply(other, 'reject-proposal')
  if (first !== undefined) {
    leader = first
    highest = price
    reply(first, 'accept-proposal')
    call(price + step)
  } else if (leader !== null) close(leader)
  else if (isOpenAgain) {
    isOpenAgain = false
    call(price - step)
  } else {
    tellAll({ price })
    reply(order, 'failure', { out: Object.fromEntries(out) })
  }
}

/** One that is gone bids no more. */
function lose(name: string, reason: string): void {
  if (!hall.delete(name)) return
  out.set(name, reason)
  if (leader?.sender !== name) return
  leader = null
  isOpenAgain = true
}

function close({ sender }: Message): void {
  const content = { price: highest }
  tellAll(content)
  payment = collect({ performative: 'request', receiver: [sender], ...place(), reply_by: soon(), content })
}

/** Everybody who is there hears that it is over, those who said nothing, too. */
function tellAll(content: object): void {
  const silent = [...out].filter(([, reason]) => reason === LATE).map(([name]) => name)
  send({ performative: 'inform', receiver: [...hall.keys(), ...silent], ...place(), content })
}

function conclude(paying: Collector, message: Message): void {
  if (!paying.take(message)) return
  const isPaid = message.performative === 'inform'
  const result = { winner: message.sender, price: highest, rounds, out: Object.fromEntries(out) }
  reply(order, isPaid ? 'inform' : 'failure', result)
}

function place() {
  return { conversation_id: order.message_id, protocol }
}

function soon(): string {
  return new Date(nowMicros() / 1_000 + setting('patience_ms')).toISOString()
}
