import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Draft, Message, Performative, Protocol } from '../../core/index.ts'
import { completeDraft, DEFAULT_CONVERSATION_LIMITS, findProtocolProblems, PERFORMATIVES } from '../../core/index.ts'
import type { ConversationSnapshot } from '../conversation-snapshot.ts'
import { Conversations } from '../conversations.ts'
import { Rest } from '../rest.ts'
import { FIPA_PROTOCOLS } from './index.ts'

/** A year from the time that the model has. */
const LATER = '1971-01-01T00:00:00Z'
const AFTER_MS = 366 * 86_400_000

interface World {
  readonly book: Conversations
  readonly told: { receiver: string; act: Performative }[]
  nowMs: number
}

function createWorld(snapshot: ConversationSnapshot | null): World {
  const told: World['told'] = []
  const world = { told, nowMs: 0 } as unknown as { book: Conversations } & World
  const limits = { ...DEFAULT_CONVERSATION_LIMITS, wallMs: 1e15, messages: 1e9, revisits: 1_000 }
  world.book = new Conversations(
    {
      clock: { nowMs: () => world.nowMs, monotonicMs: () => 0 },
      hub: { emit: () => {}, isHeard: false },
      rest: new Rest(),
      sizeOf: () => 1,
      tell: ({ receiver, act }) => void told.push({ receiver, act }),
    },
    { limits },
  )
  if (snapshot !== null) world.book.restore(snapshot)
  return world
}

/** Something that happens in a model: an act from one to another, with or without a deadline, or an event. */
type Action =
  | {
      readonly kind: 'say'
      readonly from: string
      readonly to: string
      readonly act: Performative
      readonly byMs: boolean
    }
  | { readonly kind: 'lose'; readonly agent: string }
  | { readonly kind: 'expire' }

const OPENINGS: ReadonlySet<Performative> = new Set(['proxy', 'request', 'cancel'])
/** For protocols of three roles: one act stands for all that are alike, one for all that are out of turn. */
const MEDIATED_ACTS: readonly Performative[] = [
  'proxy',
  'request',
  'agree',
  'refuse',
  'inform',
  'failure',
  'cancel',
  'not-understood',
  'confirm',
]
const actsOf = ({ roles }: Protocol) => (roles.length > 2 ? MEDIATED_ACTS : PERFORMATIVES)

let ids = 0
/** Does it. Returns whether it was admitted. */
function perform(world: World, protocol: Protocol, action: Action): boolean {
  if (action.kind === 'lose') {
    world.book.lose(action.agent)
    return true
  }
  if (action.kind === 'expire') {
    world.nowMs = AFTER_MS
    world.book.runDeadlines()
    return true
  }
  const { from, to, act, byMs } = action
  ids += 1
  const draft: Draft = {
    performative: act,
    receiver: to,
    conversation_id: 'c',
    protocol: protocol.name,
    ...(byMs ? { reply_by: LATER } : {}),
  }
  const message: Message = completeDraft(draft, from, `m-${ids}`)
  const passage = world.book.enter(message, to, null)
  if ('error' in passage) return false
  const step = world.book.judge(passage, message, to)
  if (step !== null && 'error' in step) return false
  world.book.depart(message, step, to, true)
  world.book.settle(message, to, { fuel: 0, cost: 0 }, null)
  return true
}

/** What a state is told apart by: where each pair stands, nothing that only counts. */
function keyOf(world: World): string {
  const [conversation] = world.book.snapshot().conversations
  const dialogues = (conversation?.dialogues ?? []).map(
    ({ opener, partner, state, due, cancelling, isLate }) =>
      `${opener}>${partner} ${state} ${due?.by} ${cancelling && (cancelling.due?.by ?? 'cancelling')} ${isLate}`,
  )
  return dialogues.toSorted().join('; ')
}

/** Whether nobody has to say anything any more. */
function isOver(world: World): boolean {
  const [info] = world.book.list()
  const [conversation] = world.book.snapshot().conversations
  return info === undefined || (conversation?.dialogues.length ?? 0) === 0 || !isOpen(info)
}

function isOpen({ protocol, dialogues }: ReturnType<Conversations['list']>[number]): boolean {
  const { dialogues: tables } = FIPA_PROTOCOLS.find(({ name }) => name === protocol)!
  const ends = new Set([...tables.flatMap((table) => table.ends), 'cancelled', 'not-understood', 'lost', 'stopped'])
  return dialogues.some(({ state }) => !ends.has(state))
}

interface Node {
  readonly snapshot: ConversationSnapshot | null
  readonly isOver: boolean
  /** States that follow when an agent speaks, and when a deadline passes. */
  readonly bySaying: Set<string>
  readonly byWaiting: Set<string>
}

/** Names of those who take part: one initiator, the mediator if there is one, and participants. */
function castOf(protocol: Protocol, participants: number): string[] {
  const mediators = protocol.roles.length - 2
  return ['i', ...Array.from({ length: mediators + participants }, (_, index) => `p${index}`)]
}

function* listActions(
  protocol: Protocol,
  cast: readonly string[],
  acts: readonly Performative[],
  snapshot: ConversationSnapshot | null,
): Generator<Action> {
  for (const from of cast) {
    // Whoever else begins has a conversation of its own.
    if (from !== 'i' && !isIn(snapshot, from)) continue
    for (const to of cast) {
      for (const act of acts) {
        // Mediators are alike, and so are deadlines wherever they are set.
        if (from === to || (act === 'proxy' && to !== 'p0')) continue
        const deadlines = protocol.roles.length > 2 ? [OPENINGS.has(act)] : [false, true]
        for (const byMs of deadlines) yield { kind: 'say', from, to, act, byMs }
      }
    }
  }
}

const explored = new Map<string, ReadonlyMap<string, Node>>()
/** What can happen with one participant. */
function exploreOne(protocol: Protocol): ReadonlyMap<string, Node> {
  const known = explored.get(protocol.name)
  if (known !== undefined) return known
  const nodes = explore(protocol, 1, actsOf(protocol))
  explored.set(protocol.name, nodes)
  return nodes
}

/** Explores everything that can happen. */
function explore(protocol: Protocol, participants: number, acts: readonly Performative[]): Map<string, Node> {
  const cast = castOf(protocol, participants)
  const nodes = new Map<string, Node>()
  const start = createWorld(null)
  const pending: [string, ConversationSnapshot | null][] = [[keyOf(start), null]]
  nodes.set(keyOf(start), { snapshot: null, isOver: true, bySaying: new Set(), byWaiting: new Set() })
  const visit = (world: World): string => {
    const key = keyOf(world)
    if (!nodes.has(key)) {
      const snapshot = JSON.parse(JSON.stringify(world.book.snapshot())) as ConversationSnapshot
      nodes.set(key, { snapshot, isOver: isOver(world), bySaying: new Set(), byWaiting: new Set() })
      pending.push([key, snapshot])
    }
    world.book.close()
    return key
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [key, snapshot] = next
    const node = nodes.get(key)!
    // What is refused leaves the state as it is: the world serves for the next act.
    let world = createWorld(snapshot)
    for (const action of listActions(protocol, cast, acts, snapshot)) {
      if (!perform(world, protocol, action)) {
        assert.equal(keyOf(world), key, `${JSON.stringify(action)} was refused and changed something`)
        continue
      }
      node.bySaying.add(visit(world))
      world = createWorld(snapshot)
    }
    perform(world, protocol, { kind: 'expire' })
    const told = world.told.length
    const after = visit(world)
    if (after !== key) node.byWaiting.add(after)
    assert.equal(told > 0, after !== key, `${protocol.name}: a deadline passes in silence at ${key}`)
  }
  return nodes
}

function isIn(snapshot: ConversationSnapshot | null, agent: string): boolean {
  return snapshot?.conversations[0]?.participants.includes(agent) ?? false
}

/** States from which an end can be reached. */
function findEnding(nodes: ReadonlyMap<string, Node>): Set<string> {
  const before = new Map<string, string[]>()
  for (const [key, { bySaying, byWaiting }] of nodes) {
    for (const next of [...bySaying, ...byWaiting]) before.set(next, [...(before.get(next) ?? []), key])
  }
  const ending = new Set([...nodes].filter(([, node]) => node.isOver).map(([key]) => key))
  for (const key of ending) for (const from of before.get(key) ?? []) ending.add(from)
  return ending
}

describe('every table', () => {
  for (const protocol of FIPA_PROTOCOLS) {
    test(`of ${protocol.name} is sound`, () => {
      assert.deepEqual(findProtocolProblems(protocol), [])
    })

    test(`of ${protocol.name} has no deadlock and a way to an end from everywhere, whatever is said`, () => {
      const nodes = exploreOne(protocol)
      assert.ok(nodes.size > 3)
      checkAll(nodes)
    })
  }
})

function checkAll(nodes: ReadonlyMap<string, Node>): void {
  const ending = findEnding(nodes)
  for (const [key, node] of nodes) {
    assert.ok(ending.has(key), `no end can be reached from ${key}`)
    if (!node.isOver) assert.ok(node.bySaying.size > 0, `nobody can say anything at ${key}`)
  }
}

describe('several participants', () => {
  const some = ['fipa-request', 'fipa-contract-net', 'fipa-propose']
  for (const protocol of FIPA_PROTOCOLS.filter(({ name }) => some.includes(name))) {
    test(`of ${protocol.name} neither wait for each other nor disturb each other`, () => {
      const acts = protocol.dialogues.flatMap(({ states }) =>
        Object.values(states).flatMap(({ opener = {}, partner = {} }) => [
          ...Object.keys(opener),
          ...Object.keys(partner),
        ]),
      )
      checkAll(explore(protocol, 2, [...new Set(acts as Performative[])]))
    })
  }
})

test('whatever is said, an agent that is gone leaves nobody waiting for it', () => {
  for (const protocol of FIPA_PROTOCOLS) {
    for (const { snapshot } of exploreOne(protocol).values()) {
      for (const agent of castOf(protocol, 1)) {
        const world = createWorld(snapshot)
        const open = world.book
          .list()
          .flatMap(({ dialogues }) => dialogues.filter((one) => [one.opener, one.partner].includes(agent)))
        perform(world, protocol, { kind: 'lose', agent })
        const left = world.book
          .list()
          .filter(isOpen)
          .flatMap(({ dialogues }) => dialogues)
        for (const { opener, partner, state } of left) {
          if (opener === agent || partner === agent)
            assert.ok(!isOpen({ ...world.book.list()[0]!, dialogues: [{ opener, partner, state }] }))
        }
        assert.ok(world.told.length <= open.length)
        world.book.close()
      }
    }
  }
})
