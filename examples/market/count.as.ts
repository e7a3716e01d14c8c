/**
 * A counting agent. It bids for pieces of text and counts the words of those it wins.
 *
 * A word is a run of Latin letters: ASCII letters, lower-cased, and U+00C0 to U+023F without the signs for times and
 * divided by, taken as they are.
 */
import {
  Act,
  Draft,
  Message,
  NOT_UNDERSTOOD,
  OK,
  Writer,
  getConfigInteger,
  getField,
  isText,
  registerCapability,
  reply,
  send,
  toInteger,
  toText,
} from 'caxton'

/** Characters that it counts in a microsecond, and those of pieces that it has offered to count. */
let speed: i64 = 100
let backlog: i64 = 0

export function init(): i32 {
  speed = max<i64>(1, getConfigInteger('speed', speed))
  return registerCapability('count')
}

export function handleMessage(message: Message): i32 {
  const size = toInteger(getField(message.content, 'size'), -1)
  if (size < 0) return NOT_UNDERSTOOD
  if (message.performative == Act.CFP) return bid(message, size)
  backlog = max<i64>(0, backlog - size)
  if (message.performative == Act.REJECT_PROPOSAL) return OK
  return message.performative == Act.ACCEPT_PROPOSAL ? work(message) : NOT_UNDERSTOOD
}

function bid(call: Message, size: i64): i32 {
  const draft = Draft.reply(call, Act.PROPOSE)
  draft.replyWith = call.replyWith
  draft.content = new Writer().beginObject().key('micros').integer((backlog + size) / speed).endObject().toString()
  const status = send(draft)
  if (status == OK) backlog += size
  return status
}

function work(award: Message): i32 {
  const text = getField(award.content, 'text')
  return isText(text) ? reply(award, Act.INFORM, report(countWords(toText(text)))) : NOT_UNDERSTOOD
}

function report(counts: Map<string, i32>): string {
  const words = counts.keys()
  const writer = new Writer().beginObject().key('counts').beginObject()
  for (let i = 0; i < words.length; i++) writer.key(words[i]).integer(counts.get(words[i]))
  return writer.endObject().endObject().toString()
}

function countWords(text: string): Map<string, i32> {
  const counts = new Map<string, i32>()
  let start = 0
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && isLetter(text.charCodeAt(at))) continue
    if (at > start) {
      const word = lowerAscii(text.substring(start, at))
      counts.set(word, (counts.has(word) ? counts.get(word) : 0) + 1)
    }
    start = at + 1
  }
  return counts
}

function isLetter(c: i32): bool {
  return ((c | 32) >= 0x61 && (c | 32) <= 0x7a) || (c >= 0xc0 && c <= 0x23f && c != 0xd7 && c != 0xf7)
}

/** Makes ASCII letters small, in place: nobody else holds the word yet. */
function lowerAscii(word: string): string {
  for (let i = 0; i < word.length; i++) {
    const c = word.charCodeAt(i)
    if (c >= 0x41 && c <= 0x5a) store<u16>(changetype<usize>(word) + (<usize>i << 1), <u16>(c | 32))
  }
  return word
}
