/**
 * Gives work away in a contract net (FIPA00029), or in an iterated one (FIPA00030) that calls whoever has proposed once more at a
 * higher price until one is left.
 */
import {
  Collector,
  Draft,
  Message,
  OK,
  Writer,
  collect,
  getConfig,
  getConfigInteger,
  getField,
  lastStatus,
  reply,
  replyByIn,
  toInteger,
} from 'caxton'

const ITERATED = 'fipa-iterated-contract-net'

let order: Message = new Message()
let protocol: string = ''
let price: i64 = 0
let rounds: i32 = 0
let bids: Collector | null = null
let work: Collector | null = null
const out = new Map<string, string>()

export function handleMessage(message: Message): i32 {
  const working = work
  const waiting = bids
  if (message.sender == 'user') return begin(message)
  if (working !== null) return working.take(message) ? conclude(working.answers[0]) : OK
  return waiting !== null && waiting.take(message) && waiting.isComplete ? judge(waiting) : OK
}

function begin(message: Message): i32 {
  order = message
  const named = getConfig('protocol')
  protocol = named === null ? ITERATED : named
  const bidders = getConfig('bidders')
  price = getConfigInteger('start', 0)
  return bidders === null ? 2 : call(bidders.split(' '))
}

function call(receivers: string[]): i32 {
  rounds += 1
  const draft = address('cfp', receivers)
  draft.content = '{"price":' + price.toString() + '}'
  bids = collect(draft)
  return bids === null ? lastStatus() : OK
}

function judge(all: Collector): i32 {
  const names = all.unanswered.keys()
  for (let i = 0; i < names.length; i++) out.set(names[i], all.unanswered.get(names[i]))
  const proposals = all.by('propose')
  if (proposals.length == 0) return reply(order, 'failure', report(''))
  if (protocol == ITERATED && proposals.length > 1) {
    price += getConfigInteger('step', 1)
    return call(proposals.map<string>((proposal) => proposal.sender))
  }
  return award(proposals)
}

/** The lowest price has it. */
function award(proposals: Message[]): i32 {
  let best = proposals[0]
  for (let i = 1; i < proposals.length; i++) if (offerOf(proposals[i]) < offerOf(best)) best = proposals[i]
  for (let i = 0; i < proposals.length; i++) if (proposals[i] !== best) reply(proposals[i], 'reject-proposal')
  const draft = address('accept-proposal', [best.sender])
  draft.inReplyTo = best.replyWith
  work = collect(draft)
  return work === null ? lastStatus() : OK
}

function conclude(result: Message): i32 {
  if (result.performative != 'inform') return reply(order, 'failure', report(''))
  price = offerOf(result)
  return reply(order, 'inform', report(result.sender))
}

function report(winner: string): string {
  const writer = new Writer().beginObject()
  writer.key('winner').string(winner)
  writer.key('price').json(price.toString())
  writer.key('rounds').json(rounds.toString())
  writer.key('out').beginObject()
  const names = out.keys()
  for (let i = 0; i < names.length; i++) writer.key(names[i]).string(out.get(names[i]))
  return writer.endObject().endObject().toString()
}

function address(act: string, receivers: string[]): Draft {
  const draft = new Draft(act, receivers[0])
  draft.others = receivers.slice(1)
  draft.conversationId = order.messageId
  draft.protocol = protocol
  draft.replyBy = replyByIn(getConfigInteger('patience_ms', 1000))
  return draft
}

function offerOf(message: Message): i64 {
  return toInteger(getField(message.content, 'price'), i64.MAX_VALUE)
}
