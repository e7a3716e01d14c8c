/** Bids until the price is beyond its limit; does what the auctions and nets of FIPA ask of a participant. */
import type { Message } from 'caxton'
import { getConfig, reply, setTimer } from 'caxton'

const limit = Number(getConfig('limit') ?? 0)
/** 'late' answers every call when the next message comes, 'sleeps' when a timer is due: both too late. */
const manner = getConfig('manner')
let before: Message | null = null

export function handleMessage(message: Message): void {
  if (manner !== undefined && message.sender !== 'caxton') dawdle(message)
  else if (isCall(message)) bid(message)
  else if (message.performative === 'accept-proposal') perform(message)
  else if (message.performative === 'request') {
    reply(message, 'agree')
    reply(message, 'inform', { price: limit })
  }
}

export function handleTimer(): void {
  if (before !== null) bid(before)
}

function isCall({ performative }: Message): boolean {
  return performative === 'cfp' || performative === 'query-ref'
}

/** Bids, or tells its limit to who may ask for that. */
function bid(message: Message): void {
  if (message.performative === 'query-ref') reply(message, 'inform', { price: limit })
  else reply(message, message.content.price <= limit ? 'propose' : 'refuse', { price: limit })
}

/** In a net the work is done when the award comes; in an auction nothing follows upon it. */
function perform(message: Message): void {
  if (!message.protocol?.startsWith('fipa-auction')) reply(message, 'inform', { price: limit })
}

function dawdle(message: Message): void {
  if (before !== null && manner === 'late') bid(before)
  before = isCall(message) ? message : null
  if (manner === 'sleeps') setTimer(1, Number(getConfig('sleep_ms')))
}
