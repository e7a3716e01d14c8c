/** Brokers (FIPA00033): asks everybody it knows what it was asked, and passes the best answer on with who gave none. */
import { Collector, Draft, Message, OK, Writer, collect, getConfig, getConfigInteger, getField } from 'caxton'
import { lastStatus, reply, replyByIn, toInteger } from 'caxton'

let order: Message = new Message()
let answers: Collector | null = null

export function handleMessage(message: Message): i32 {
  const waiting = answers
  if (message.performative == 'proxy') return begin(message)
  return waiting !== null && waiting.take(message) && waiting.isComplete ? passOn(waiting) : OK
}

function begin(message: Message): i32 {
  order = message
  const known = getConfig('targets')
  if (known === null) return reply(message, 'refuse')
  const targets = known.split(' ')
  const draft = new Draft('query-ref', targets[0])
  draft.others = targets.slice(1)
  draft.conversationId = message.conversationId
  draft.protocol = message.protocol
  draft.content = getField(message.content, 'question')
  draft.replyBy = replyByIn(getConfigInteger('patience_ms', 1000))
  const status = reply(message, 'agree')
  if (status != OK) return status
  answers = collect(draft)
  return answers === null ? lastStatus() : OK
}

function passOn(all: Collector): i32 {
  const informed = all.by('inform')
  let winner = ''
  let best: i64 = i64.MAX_VALUE
  for (let i = 0; i < informed.length; i++) {
    const price = toInteger(getField(informed[i].content, 'price'), i64.MAX_VALUE)
    if (price >= best) continue
    best = price
    winner = informed[i].sender
  }
  const writer = new Writer().beginObject().key('winner').string(winner).key('price').json(best.toString())
  writer.key('out').beginObject()
  const names = all.unanswered.keys()
  for (let i = 0; i < names.length; i++) writer.key(names[i]).string(all.unanswered.get(names[i]))
  return reply(order, winner == '' ? 'failure' : 'inform', writer.endObject().endObject().toString())
}
