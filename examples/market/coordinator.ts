/**
 * Splits a text into pieces, has other agents count the words of each, and answers with the most frequent ones.
 *
 * Every piece is given away in a contract net (FIPA00029): a call for proposals to all bidders, a proposal with a price in
 * microseconds, the award to the cheapest bidder that has no piece in hand, rejections to the others, and an inform with counts.
 *
 * Nobody is trusted. The runtime vouches for senders and tells when a bidder fails; everything else is checked here, and a
 * bidder that breaks the protocol is dismissed. There is no clock: a bidder that has not delivered yet and stays silent is not
 * waited for once a quorum of others has bid, and what it has in hand is given away a second time in the end.
 */

import type { Draft, Message } from 'caxton'
import { getConfig, log, reply, send } from 'caxton'

const PIECE_CHARACTERS = 65_536
const LEAST_PIECES = 8
const OPEN_CALLS = 4
const CALLS_PER_PIECE = 5
const TOP_WORDS = 20
/** What no word has in it. */
const SEPARATOR = /[^a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u023f]/

interface Piece {
  readonly number: number
  readonly size: number
  /** Null when it is settled: counted, or of no use any more. */
  text: string | null
  calls: number
}

interface Bidder {
  readonly name: string
  inHand: Call | null
  /** One that is called has not answered yet, and is not called again before it has; one that is proven has delivered. */
  standing: 'new' | 'called' | 'bidding' | 'proven'
}

/** One contract net; its id names the conversation and is the `reply_with` of all that the coordinator sends in it. */
interface Call {
  readonly id: string
  readonly piece: Piece
  readonly prices: Map<Bidder, number>
  readonly silent: Set<Bidder>
  winner: Bidder | null
}

const bidders = new Map<string, Bidder>()
const calls = new Map<string, Call>()
const open = new Set<Call>()
const outbox: Draft[] = []
const counts = new Map<string, number>()
let request: Message | null = null
let quorum = 1
let lastNumber = 0
/** Why the request cannot be fulfilled. */
let trouble: string | null = null
let pieces: Piece[] = []
let waiting: Piece[] = []

export function init(): void {
  quorum = Number(getConfig('quorum') ?? quorum)
  for (const name of getConfig('bidders')?.split(' ') ?? []) bidders.set(name, { name, inHand: null, standing: 'new' })
}

export function handleMessage(message: Message): void {
  while (outbox.length > 0 && trySend(outbox[0])) outbox.shift()
  if (message.sender === 'user' && message.performative === 'request') begin(message)
  else if (message.sender === 'caxton') hearFailure(message)
  else hearBidder(message)
  if (request !== null) settle(request)
}

function begin(message: Message): void {
  if (request !== null || typeof message.content !== 'string') {
    reply(message, 'refuse', request === null ? 'expected a text' : 'busy with another text')
    return
  }
  request = message
  trouble = null
  pieces = split(message.content)
  waiting = [...pieces]
}

/** Cuts a text between words. */
function split(text: string): Piece[] {
  const size = Math.min(PIECE_CHARACTERS, Math.ceil(text.length / LEAST_PIECES))
  const found: Piece[] = []
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = Math.min(start + size, text.length)
    while (end < text.length && !isCuttable(text.charCodeAt(end))) end += 1
    lastNumber += 1
    found.push({ number: lastNumber, size: end - start, text: text.slice(start, end), calls: 0 })
  }
  return found
}

/** Tells whether a text may be cut before a UTF-16 unit: at ASCII that is no letter, or at what cannot belong to a word. */
function isCuttable(unit: number): boolean {
  const letter = unit | 32
  return unit < 128 ? letter < 97 || letter > 122 : unit > 0x23f && (unit < 0xdc00 || unit > 0xdfff)
}

/** Sends now or, when a mailbox is full, before the next message is handled. */
function post(draft: Draft): void {
  if (outbox.length > 0 || !trySend(draft)) outbox.push(draft)
}

function trySend(draft: Draft): boolean {
  try {
    send(draft)
  } catch (error) {
    if (error.code === 'MAILBOX_FULL') return false
    trouble = `${draft.performative} to ${draft.receiver} cannot be sent: ${error.code}`
  }
  return true
}

function tell(call: Call, bidder: Bidder, performative: Draft['performative'], content: object): void {
  const { size } = call.piece
  const header = { protocol: 'fipa-contract-net', conversation_id: call.id, reply_with: call.id, in_reply_to: call.id }
  post({ performative, receiver: bidder.name, ...header, content: { size, ...content } })
}

function hearBidder(message: Message): void {
  const bidder = bidders.get(message.sender)
  const call = calls.get(message.in_reply_to ?? '')
  if (bidder === undefined) return
  if (call === undefined) dismiss(bidder, `its ${message.performative} answers nothing that was asked`)
  else if (message.performative === 'propose') hearPrice(call, bidder, message.content)
  else if (message.performative === 'inform') hearCounts(call, bidder, message.content)
  else if (bidder.standing !== 'proven' || bidder.inHand === call)
    dismiss(bidder, `its answer is ${message.performative}`)
  else call.silent.delete(bidder)
}

function hearFailure({ content, in_reply_to }: Message): void {
  const { receiver, reason } = Object(content)
  const bidder = bidders.get(receiver)
  if (bidder !== undefined && calls.has(in_reply_to ?? '')) dismiss(bidder, String(reason))
}

function hearPrice(call: Call, bidder: Bidder, content: unknown): void {
  const price = Object(content).micros
  if (!Number.isFinite(price) || price < 0) {
    dismiss(bidder, 'its price is no number')
    return
  }
  call.silent.delete(bidder)
  if (bidder.standing === 'called') bidder.standing = 'bidding'
  if (open.has(call)) call.prices.set(bidder, price)
  else if (call.winner !== bidder) tell(call, bidder, 'reject-proposal', {})
}

function hearCounts(call: Call, bidder: Bidder, content: unknown): void {
  const found = Object(content).counts
  if (bidder.inHand !== call || !isCount(found, call.piece)) {
    dismiss(bidder, bidder.inHand === call ? 'its counts cannot be' : 'it reports on a piece that is not its own')
    return
  }
  bidder.inHand = null
  bidder.standing = 'proven'
  if (call.piece.text === null) return
  call.piece.text = null
  for (const word of Object.keys(found)) counts.set(word, (counts.get(word) ?? 0) + found[word])
}

/** Tells whether something says how often words occur, and says no more than fits into a piece. */
function isCount(found: unknown, piece: Piece): found is Record<string, number> {
  if (typeof found !== 'object' || found === null) return false
  const words = Object.keys(found)
  if (Object.hasOwn(found, '') || SEPARATOR.test(words.join(''))) return false
  let letters = 0
  for (const word of words) {
    const count = (found as Record<string, unknown>)[word]
    if (!Number.isSafeInteger(count) || Number(count) < 1) return false
    letters += word.length * Number(count)
  }
  return letters <= piece.size
}

/** Does no further business with a bidder; what it has in hand goes to others. */
function dismiss(bidder: Bidder, why: string): void {
  log('warn', `${bidder.name} is out: ${why}`)
  bidders.delete(bidder.name)
  for (const call of open) {
    call.silent.delete(bidder)
    call.prices.delete(bidder)
  }
  const piece = bidder.inHand?.piece
  if (piece !== undefined && piece.text !== null && !waiting.includes(piece)) waiting.unshift(piece)
}

/** Goes on as far as possible: awards, new calls, the result. */
function settle(user: Message): void {
  for (const call of open) settleCall(call)
  if (open.size === 0 && waiting.length === 0) giveAwayTwice()
  waiting = waiting.filter(({ text }) => text !== null)
  const most = [...bidders.values()].some(({ standing }) => standing === 'proven') ? OPEN_CALLS : 1
  while (open.size < most && waiting.length > 0 && bidders.size > 0) openCall(waiting.shift() as Piece)
  const left = pieces.filter(({ text }) => text !== null)
  const hopeless = left.find(({ calls }) => bidders.size === 0 || calls > CALLS_PER_PIECE)
  if (hopeless !== undefined) trouble ??= `nobody counts piece ${hopeless.number}`
  if (trouble !== null) finish(user, 'failure', trouble)
  else if (left.length === 0) finish(user, 'inform', summarise())
}

function openCall(piece: Piece): void {
  piece.calls += 1
  const id = piece.calls === 1 ? `piece-${piece.number}` : `piece-${piece.number}-call-${piece.calls}`
  const asked = [...bidders.values()].filter(({ standing }) => standing !== 'called')
  const call: Call = { id, piece, prices: new Map(), silent: new Set(asked), winner: null }
  calls.set(id, call)
  open.add(call)
  for (const bidder of asked) {
    if (bidder.standing === 'new') bidder.standing = 'called'
    tell(call, bidder, 'cfp', {})
  }
}

/** Awards a piece when nobody needs to be waited for and the cheapest bidders are not all busy. */
function settleCall(call: Call): void {
  const { piece, prices } = call
  const isEnough = prices.size >= quorum || [...prices.keys()].some(({ standing }) => standing === 'proven')
  const isAwaited = ({ standing, inHand }: Bidder) => !isEnough || (standing === 'proven' && inHand === null)
  if (piece.text !== null && [...call.silent].some(isAwaited)) return
  const free = [...prices].filter(([{ inHand }]) => inHand === null).sort((a, b) => a[1] - b[1])
  if (piece.text !== null && prices.size > 0 && free.length === 0) return
  open.delete(call)
  if (piece.text !== null && free.length === 0) waiting.push(piece)
  else if (piece.text !== null) award(call, piece.text, free[0][0])
  for (const bidder of prices.keys()) if (bidder !== call.winner) tell(call, bidder, 'reject-proposal', {})
}

function award(call: Call, text: string, winner: Bidder): void {
  call.winner = winner
  winner.inHand = call
  tell(call, winner, 'accept-proposal', { text })
}

/** Calls once more for a piece in the hands of a bidder that has never delivered, when all that have are done. */
function giveAwayTwice(): void {
  const all = [...bidders.values()]
  const proven = all.filter(({ standing }) => standing === 'proven')
  if (proven.length === 0 || proven.some(({ inHand }) => inHand !== null)) return
  const idle = all.find(({ standing, inHand }) => standing !== 'proven' && inHand?.piece.calls === 1)
  if (idle?.inHand) waiting.push(idle.inHand.piece)
}

function summarise(): object {
  const top: [string, number][] = []
  let words = 0
  for (const [word, count] of counts) {
    words += count
    const place = top.findLastIndex(([other, most]) => most > count || (most === count && other < word)) + 1
    if (place < TOP_WORDS) top.splice(place, 0, [word, count])
    if (top.length > TOP_WORDS) top.pop()
  }
  return { words, distinct: counts.size, top }
}

function finish(user: Message, performative: 'inform' | 'failure', content: unknown): void {
  const { sender, conversation_id, reply_with } = user
  post({ performative, receiver: sender, conversation_id, in_reply_to: reply_with, content })
  for (const piece of pieces) piece.text = null
  open.clear()
  counts.clear()
  request = null
  pieces = []
  waiting = []
}
