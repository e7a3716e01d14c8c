import fc from 'fast-check'
import type { Performative } from '../../../src/core/index.ts'

/** Agents of the system. `mail` are those whose messages must not be lost. */
export const DURABLE_AGENTS = ['a', 'b', 'c'] as const
export const VOLATILE_AGENT = 'd'

/** What becomes of a message when it is handled. */
export type Handling =
  | { readonly kind: 'well' }
  | { readonly kind: 'status'; readonly status: 1 | 2 }
  /** The agent traps the first so many times. */
  | { readonly kind: 'trap'; readonly times: number }
  /** The whole process dies the first so many times. */
  | { readonly kind: 'kill'; readonly times: number }

/** A message that somebody sends, and what follows from it. */
export interface Plan {
  readonly to: (typeof RECEIVERS)[number]
  readonly act: Performative
  readonly protocol: 'none' | 'same' | 'fipa-request' | 'fipa-contract-net' | 'unheard-of'
  readonly conversation: 'same' | 'own'
  readonly terms: Readonly<Record<string, string>> | null
  /** Milliseconds until an answer is wanted. */
  readonly replyByMs: number | null
  /** Whether its sender waits for the answer in the middle of what it does. */
  readonly isAwaited: boolean
  /** Whether its protocol expects it now. */
  readonly isInTurn: boolean
  readonly handling: Handling
  /** Turns of the event loop that handling it takes. */
  readonly turns: number
  readonly timerMs: number | null
  readonly leadsTo: readonly Plan[]
}

export type Command =
  | { readonly type: 'send'; readonly plan: Plan }
  | { readonly type: 'turns'; readonly count: number }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'revive' }
  | { readonly type: 'stop'; readonly agent: (typeof DURABLE_AGENTS)[number] }
  | { readonly type: 'stall'; readonly isStalled: boolean }
  | { readonly type: 'fill'; readonly pages: number | null }
  | { readonly type: 'crash' }
  | { readonly type: 'reopen' }

export interface Script {
  /** Bounds of an undertaking. */
  readonly messages: number
  readonly hops: number
  readonly commands: readonly Command[]
}

const ACTS: readonly Performative[] = ['inform', 'request', 'agree', 'refuse', 'failure', 'cfp', 'propose', 'query-if']
const TERMS = [
  null,
  null,
  null,
  { 'x-priority': 'high' },
  { 'x-ttl': '50ms' },
  { 'x-delivery': 'at-most-once' },
] as const

const handling: fc.Arbitrary<Handling> = fc.oneof(
  { weight: 9, arbitrary: fc.constant<Handling>({ kind: 'well' }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('status' as const), status: fc.constantFrom(1, 2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('trap' as const), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const), times: fc.constantFrom(1, 2, 99) }) },
)

const RECEIVERS = [
  'a',
  'a',
  'b',
  'b',
  'c',
  'd',
  'sender',
  'sender',
  'sender',
  'capability:x',
  'user',
  'nobody',
] as const
const DEEPEST = 4

/** Anything that anybody may say, in its turn or not. */
function planAt(depth: number): fc.Arbitrary<Plan> {
  return fc.record<Plan>({
    to: fc.constantFrom(...RECEIVERS),
    act: fc.constantFrom(...ACTS),
    protocol: fc.constantFrom('none', 'none', 'same', 'same', 'fipa-request', 'fipa-contract-net', 'unheard-of'),
    conversation: fc.constantFrom('same', 'same', 'own'),
    terms: fc.constantFrom(...TERMS),
    replyByMs: fc.option(fc.constantFrom(0, 100, 5_000), { freq: 4 }),
    isAwaited: fc.integer({ min: 0, max: 9 }).map((one) => one === 9),
    isInTurn: fc.constant(false),
    handling,
    turns: fc.integer({ min: 0, max: 3 }),
    timerMs: fc.option(fc.constantFrom(0, 200, 30_000), { freq: 8 }),
    leadsTo: depth === DEEPEST ? fc.constant([]) : fc.array(planAt(depth + 1), { maxLength: 3, size: 'max' }),
  })
}

const PLAIN = { conversation: 'same', terms: null, replyByMs: null, isAwaited: false, timerMs: null } as const

/** What is in its turn as long as everything before it was heard: a step of a protocol, and all that follow. */
function stepOf(
  steps: readonly (readonly [Plan['to'], Performative])[],
  protocol: Plan['protocol'],
): fc.Arbitrary<Plan> {
  const [[to, act] = ['user', 'inform'] as const, ...rest] = steps
  return fc.record<Plan>({
    ...(Object.fromEntries(Object.entries(PLAIN).map(([name, value]) => [name, fc.constant(value)])) as {
      [Name in keyof typeof PLAIN]: fc.Arbitrary<(typeof PLAIN)[Name]>
    }),
    to: fc.constant(to),
    act: fc.constant(act),
    protocol: fc.constant(protocol),
    isInTurn: fc.constant(true),
    handling: handling.map((one) => (one.kind === 'status' ? { kind: 'well' as const } : one)),
    turns: fc.integer({ min: 0, max: 6 }),
    leadsTo: rest.length === 0 ? fc.constant([]) : stepOf(rest, 'same').map((next) => [next]),
  })
}

const dialogue = fc
  .record({ client: fc.constantFrom('a', 'c'), server: fc.constant('b') })
  .chain(({ client, server }) =>
    fc
      .oneof(
        stepOf(
          [
            [server, 'request'],
            ['sender', 'agree'],
          ],
          'fipa-request',
        ).map((ask) => withAnswer(ask, 'inform')),
        stepOf(
          [
            [server, 'cfp'],
            ['sender', 'propose'],
            ['sender', 'accept-proposal'],
            ['sender', 'inform'],
          ],
          'fipa-contract-net',
        ),
      )
      .map(
        (first): Plan => ({ ...first, to: client, act: 'inform', protocol: 'none', isInTurn: false, leadsTo: [first] }),
      ),
  )

/** Says something more to whoever asked, behind what is said already. */
function withAnswer(ask: Plan, act: Performative): Plan {
  const [promise] = ask.leadsTo
  return promise === undefined ? ask : { ...ask, leadsTo: [promise, { ...promise, act, leadsTo: [] }] }
}

const plan = fc.oneof({ weight: 3, arbitrary: planAt(0) }, { weight: 1, arbitrary: dialogue })

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('send' as const), plan }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('turns' as const), count: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(60, 600, 10_000) }) },
  { weight: 2, arbitrary: fc.constant<Command>({ type: 'revive' }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('stop' as const), agent: fc.constantFrom(...DURABLE_AGENTS) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('stall' as const), isStalled: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('fill' as const), pages: fc.option(fc.integer({ min: 0, max: 3 })) }),
  },
  { weight: 2, arbitrary: fc.constant<Command>({ type: 'crash' }) },
  { weight: 1, arbitrary: fc.constant<Command>({ type: 'reopen' }) },
)

export const script: fc.Arbitrary<Script> = fc.record({
  messages: fc.constantFrom(3, 1_000),
  hops: fc.constantFrom(3, 1_000),
  commands: fc.array(command, { maxLength: 24, size: 'max' }),
})
