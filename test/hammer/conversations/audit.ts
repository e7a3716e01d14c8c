import type { ConversationSnapshot } from '../../../src/router/conversation-snapshot.ts'
import { isEnded, Rulebook } from '../../../src/router/protocols/index.ts'
import type { Ledger, Planned } from './ledger.ts'
import type { Handled, Life } from './life.ts'
import type { Script } from './script.ts'
import { DURABLE_AGENTS, VOLATILE_AGENT } from './script.ts'

const AGENTS = [...DURABLE_AGENTS, VOLATILE_AGENT]
const PROTOCOLS = new Rulebook()

interface Deed extends Handled {
  readonly id: string
  readonly agent: string
  readonly planned: Planned
}

/** Compares what a system that has come to rest has done with what was asked of it. Returns what is wrong. */
export async function audit(life: Life, ledger: Ledger, script: Script): Promise<string[]> {
  const { world } = life
  const deeds = readDeeds(life, ledger)
  const noticed = readNoticed(life, ledger)
  const dead = new Set<string>()
  for (const { message } of await world.store.dead.list()) {
    dead.add(message.message_id)
    ledger.buried.add(message.message_id)
    if (message.sender === 'caxton') noticed.add(String(Object(JSON.parse(message.content!))['message_id']))
  }
  const isHandled = (id: string) => deeds.has(id) || ledger.told.has(id)
  const hasFate = (id: string) => isHandled(id) || noticed.has(id) || dead.has(id)
  return [
    ...ledger.violations,
    ...findRest(life),
    ...findLost(deeds, ledger, hasFate),
    ...findGivenUp(ledger, script),
    ...findDoubled(deeds),
    ...findDisorder(deeds, ledger),
    ...findExcess(deeds, ledger, script),
    ...findStuck(world.router.book.snapshot(), isHandled),
  ]
}

function readDeeds({ world }: Life, ledger: Ledger): ReadonlyMap<string, Deed> {
  const deeds = new Map<string, Deed>()
  for (const agent of AGENTS) {
    for (const [key, value] of world.store.dataOf(agent)) {
      if (!key.startsWith('m')) continue
      const handled = JSON.parse(Buffer.from(value).toString()) as Handled
      deeds.set(key.slice(1), { ...handled, id: key.slice(1), agent, planned: ledger.plans.get(handled.token)! })
    }
  }
  return deeds
}

/** Ids of messages of which somebody was told what became of them. */
function readNoticed({ world }: Life, ledger: Ledger): Set<string> {
  const noticed = new Set<string>()
  for (const agent of AGENTS) {
    for (const [key, value] of world.store.dataOf(agent))
      if (key.startsWith('n')) noticed.add(Buffer.from(value).toString())
  }
  for (const { sender, content } of ledger.told.values()) {
    if (sender === 'caxton') noticed.add(String(Object(JSON.parse(content!))['message_id']))
  }
  return noticed
}

function* findRest({ world }: Life): Generator<string> {
  if (!world.router.isIdle) yield 'it does not come to rest'
  const held = world.credit.held()
  if (held.messages !== 0 || held.bytes !== 0 || held.outstanding !== 0) yield `credit is held: ${JSON.stringify(held)}`
  yield* world.credit.mistakes
  for (const { name, waitingMessages } of world.router.agents()) {
    if (waitingMessages > 0) yield `${waitingMessages} messages wait for ${name}`
  }
}

function* findLost(
  deeds: ReadonlyMap<string, Deed>,
  ledger: Ledger,
  hasFate: (id: string) => boolean,
): Generator<string> {
  for (const id of ledger.accepted) {
    const planned = ledger.plans.get(ledger.sent.get(id)!)!
    if (!hasFate(id) && !isExcused(planned, id, ledger)) yield `lost: ${describe(planned, id)} of user`
  }
  for (const { agent, sent } of deeds.values()) {
    if (agent === VOLATILE_AGENT) continue
    for (const [token, id] of sent) {
      const planned = ledger.plans.get(token)!
      if (!hasFate(id) && !isExcused(planned, id, ledger)) yield `lost: ${describe(planned, id)} of ${agent}`
    }
  }
}

/** Whether nothing was promised of a message, or nobody may be told of its end. */
function isExcused({ to, terms, act }: Planned, id: string, ledger: Ledger): boolean {
  const isVolatile = to === VOLATILE_AGENT || to === 'sender' || terms?.['x-delivery'] === 'at-most-once'
  if (isVolatile && ledger.restarts > 0) return true
  if (ledger.handedOver.has(id)) return true
  const isUnanswerable = act === 'failure'
  return ledger.ended.has(id) && (isUnanswerable || isVolatile)
}

/** What ends a message that nothing but the runtime itself could have ended. */
function* findGivenUp(ledger: Ledger, { commands, messages, hops }: Script): Generator<string> {
  const kills = [...ledger.plans.values()].map(({ handling }) => (handling.kind === 'kill' ? handling.times : 0))
  const deaths = kills.reduce((sum, times) => sum + times, 0)
  const isLeftAlive = commands.every(({ type }) => type !== 'crash')
  const isUndisturbed = commands.every(({ type }) => type !== 'stop') && messages > 100 && hops > 100
  for (const [id, code] of ledger.ended) {
    const planned = ledger.planOf(id)
    if (planned === undefined) continue
    const { handling, isInTurn, above } = planned
    if (code === 'ERR_MESSAGE_FATAL' && isLeftAlive && deaths < 7) yield `blamed: ${describe(planned, id)}`
    if (code === 'ERR_GUEST_TRAP' && handling.kind !== 'trap') yield `trapped: ${describe(planned, id)}`
    const wasHeard = above === null || !('times' in above.handling) || above.handling.times < 3
    if (isUndisturbed && isInTurn && wasHeard && code.startsWith('ERR_PROTOCOL'))
      yield `${code}: ${describe(planned, id)}`
  }
  for (const id of deaths > 0 || !isLeftAlive ? [] : ledger.buried) {
    const planned = ledger.planOf(id)
    if (planned?.handling.kind === 'trap' && planned.handling.times < 3 && ledger.ended.get(id) === 'ERR_GUEST_TRAP')
      yield `given up too early: ${describe(planned, id)}`
  }
}

function* findDoubled(deeds: ReadonlyMap<string, Deed>): Generator<string> {
  const ids = new Map<number, string>()
  for (const { token, id, planned } of deeds.values()) {
    const other = ids.get(token)
    if (other !== undefined && !planned.isRepeatable) yield `doubled: ${describe(planned, id)}, also ${other}`
    ids.set(token, id)
  }
}

/** Messages of one sender to one receiver have their effects in the order in which they were sent. */
function* findDisorder(deeds: ReadonlyMap<string, Deed>, ledger: Ledger): Generator<string> {
  const userOrder = new Map([...ledger.sent.keys()].map((id, index) => [id, index]))
  const sentOrder = new Map<string, number>()
  for (const { order, sent } of deeds.values()) {
    for (const [index, [, id]] of sent.entries()) sentOrder.set(id, order * 1_000 + index)
  }
  const pairs = Map.groupBy(deeds.values(), ({ agent, sender }) => `${sender} → ${agent}`)
  for (const [pair, all] of pairs) {
    const inOrder = all.filter(({ planned: { terms, isAwaited } }) => terms === null && !isAwaited)
    inOrder.sort((a, b) => a.order - b.order)
    let last = -1
    for (const { id, planned } of inOrder) {
      const at = userOrder.get(id) ?? sentOrder.get(id)
      if (at === undefined) continue
      if (at < last) yield `out of order: ${pair} ${describe(planned, id)}`
      last = at
    }
  }
}

function* findExcess(deeds: ReadonlyMap<string, Deed>, ledger: Ledger, { messages, hops }: Script): Generator<string> {
  const tokens = new Map<number, Set<number>>()
  const count = (planned: Planned, id: string) => {
    if (planned.depth > hops) tokens.set(-1, new Set([planned.token]))
    const some = tokens.get(planned.root) ?? new Set()
    tokens.set(planned.root, some.add(planned.token))
    return planned.depth > hops ? [`hop ${planned.depth}: ${describe(planned, id)}`] : []
  }
  for (const { planned, id } of deeds.values()) yield* count(planned, id)
  for (const [id, { sender, content }] of ledger.told) {
    if (sender !== 'caxton') yield* count(ledger.plans.get(Number(content))!, id)
  }
  for (const [root, some] of tokens) {
    if (root > 0 && some.size > messages) yield `${some.size} messages in the undertaking of ${root}`
  }
}

/** In a dialogue that has not ended everything that was said has been heard. */
function* findStuck(snapshot: ConversationSnapshot, isHandled: (id: string) => boolean): Generator<string> {
  for (const { id, protocol, dialogues } of snapshot.conversations) {
    const rules = protocol === null ? undefined : PROTOCOLS.get(protocol)
    for (const dialogue of dialogues) {
      if (rules === undefined || isEnded(rules.dialogues[dialogue.kind]!, dialogue) || dialogue.due !== null) continue
      for (const ask of [dialogue.asks.opener, dialogue.asks.partner]) {
        if (ask === null || isHandled(ask.messageId)) continue
        yield `stuck: ${id} of ${dialogue.opener} and ${dialogue.partner} in ${dialogue.state} by ${ask.messageId}`
      }
    }
  }
}

function describe({ token, act, to }: Planned, id: string): string {
  return `${act} ${token} to ${to} (${id})`
}
