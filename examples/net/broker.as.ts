/** A seller that has nothing itself: it asks two others and offers the cheaper of their prices with its share. */
import { Collector, Draft, Message, OK, collect, getField, lastStatus, reply, toInteger } from 'caxton'

let call: Message | null = null
let offers: Collector | null = null

export function handleMessage(message: Message): i32 {
  if (message.performative == 'cfp') return ask(message)
  if (message.performative == 'accept-proposal') return reply(message, 'inform', offer(31))
  const waiting = offers
  if (waiting !== null && waiting.take(message) && waiting.isComplete) return bid(waiting)
  return OK
}

function ask(message: Message): i32 {
  call = message
  const draft = new Draft('query-ref', 'store-1')
  draft.others = ['store-2']
  draft.protocol = 'fipa-query'
  draft.content = '"price"'
  offers = collect(draft)
  return offers === null ? lastStatus() : OK
}

function bid(all: Collector): i32 {
  let best: i64 = i64.MAX_VALUE
  const informed = all.by('inform')
  for (let i = 0; i < informed.length; i++) {
    const price = toInteger(getField(informed[i].content, 'price'), i64.MAX_VALUE)
    if (price < best) best = price
  }
  const message = call
  if (message === null || best == i64.MAX_VALUE) return OK
  return reply(message, 'propose', offer(best + 1))
}

function offer(price: i64): string {
  return '{"price":' + price.toString() + '}'
}
