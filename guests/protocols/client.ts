/**
 * Has a mediator ask others: a broker, which passes their answer on, or a recruiter, whose targets answer here, or to another client
 * that is designated for it. Whoever collects is told of the targets and of those that are lost, which say nothing themselves.
 */
import type { Message } from 'caxton'
import { Collector, collect, getConfig, reply, send } from 'caxton'

const designated = getConfig('designated')
/** What it does all this for: a request of the user, or the word of whoever has designated it. */
let order: Message
let isOrdered = false
let mediated: Collector | null = null
let answers: Collector | null = null
/** What has come before it is known who will answer. */
let early: Message[] = []

export function handleMessage(message: Message): void {
  if (message.performative === 'request') begin(message)
  else if (message.content?.targets !== undefined) expect(message)
  else if (message.content?.lost !== undefined) lose(message)
  else if (mediated?.take(message)) reply(order, message.performative, message.content)
  else if (message.content?.view !== undefined) reply(order, 'inform', message.content.view)
  else if (message.performative !== 'agree') hear(message)
}

function begin(message: Message): void {
  accept(message)
  const content = designated === undefined ? { question: 'price' } : { question: 'price', designated }
  const protocol = getConfig('protocol')
  mediated = collect({ performative: 'proxy', receiver: getConfig('mediator') ?? '', protocol, content })
}

function accept(message: Message): void {
  order = message
  isOrdered = true
}

/** A message about the targets: for whoever is designated, else for this one. */
function expect(message: Message): void {
  if (designated !== undefined) {
    send({ performative: 'inform', receiver: designated, content: message.content })
    return
  }
  if (!isOrdered) accept(message)
  answers = new Collector(message.content.targets, message.content.question)
  const waiting = early
  early = []
  for (const one of waiting) handleMessage(one)
}

function lose(message: Message): void {
  if (designated !== undefined) send({ performative: 'inform', receiver: designated, content: message.content })
  else if (answers === null) early.push(message)
  else if (answers.giveUp(message.content.lost, message.content.reason)) conclude(answers)
}

function hear(message: Message): void {
  if (answers === null) early.push(message)
  else if (answers.take(message)) conclude(answers)
}

function conclude(all: Collector): void {
  if (!all.isComplete) return
  const [best] = all.by('inform').toSorted((a, b) => a.content.price - b.content.price)
  const view = { winner: best?.sender, price: best?.content.price, out: Object.fromEntries(all.unanswered) }
  if (order.sender === 'user') reply(order, 'inform', view)
  else send({ performative: 'inform', receiver: order.sender, content: { view } })
}
