/** Bids until the price is beyond its limit; does what the auctions and nets of FIPA ask of a participant. */
import { Message, OK, getConfig, getConfigInteger, getField, reply, toInteger } from 'caxton'

/** 'lies' says what nobody asked for, 'faints' breaks down when its bid is accepted. */
let manner: string = 'honest'
let limit: i64 = 0

export function init(): i32 {
  const configured = getConfig('manner')
  if (configured !== null) manner = configured
  limit = getConfigInteger('limit', 0)
  return OK
}

export function handleMessage(message: Message): i32 {
  if (message.performative == 'cfp' || message.performative == 'query-ref') return bid(message)
  if (message.performative == 'accept-proposal') return perform(message)
  if (message.performative != 'request') return OK
  const status = reply(message, 'agree')
  return status == OK ? reply(message, 'inform', offer()) : status
}

/** Bids, or tells its limit to who may ask for that. */
function bid(message: Message): i32 {
  if (manner == 'lies') return reply(message, 'confirm', '"I have won"')
  if (message.performative == 'query-ref') return reply(message, 'inform', offer())
  const price = toInteger(getField(message.content, 'price'), 0)
  return reply(message, price <= limit ? 'propose' : 'refuse', offer())
}

/** In a net the work is done when the award comes; in an auction nothing follows upon it. */
function perform(message: Message): i32 {
  assert(manner != 'faints', 'so much joy')
  return message.protocol.startsWith('fipa-auction') ? OK : reply(message, 'inform', offer())
}

function offer(): string {
  return '{"price":' + limit.toString() + '}'
}
