import type { AgentInfo } from './agent/index.ts'
import type { CaxtonOptions } from './caxton-options.ts'
import { parseContent } from './caxton-options.ts'
import type { ErrorCode, Message, Performative } from './core/index.ts'
import { humanAddress, USER_NAME } from './core/index.ts'
import type { HumanMessage } from './people.ts'
import type { RouterEvent } from './router/index.ts'
import type { RunExport, RunExported } from './run-exports.ts'
import { checkExports, saveExports } from './run-exports.ts'
import { Caxton } from './runtime.ts'
import type { Goal, System } from './system/index.ts'

export interface RunOptions extends CaxtonOptions {
  /** Takes each event while it happens. */
  readonly onEvent?: (event: RouterEvent) => void
  /** Ends the run: agents finish what they have, as after its goal. */
  readonly signal?: AbortSignal
  /** Files in memory that are written into folders at the end. @default none */
  readonly exports?: readonly RunExport[]
}

/** How a run ended. */
export interface RunReport {
  /** Whether the goal was reached; without a goal, whether the system came to rest. */
  readonly reached: boolean
  /** Why it ended, for people. */
  readonly reason: string
  /** ERR_GOAL_MISSED when the goal was not reached, null when it was, when the run was interrupted, or when it waits for people. */
  readonly code: ErrorCode | null
  /** The message that was the goal. */
  readonly result: Message | null
  readonly agents: readonly AgentInfo[]
  readonly elapsedMs: number
  /** What became of the files that were to be written. */
  readonly exported: readonly RunExported[]
  /** What the run waits for: it goes on with the next one on its data directory. Empty for a run that has ended. */
  readonly waiting: readonly HumanMessage[]
}

/** What ended a run. */
type Ending =
  | { readonly kind: 'goal'; readonly message: Message }
  | { readonly kind: 'rest'; readonly lost: readonly HumanMessage[] }
  | { readonly kind: 'waiting'; readonly waiting: readonly HumanMessage[] }
  | { readonly kind: 'lost'; readonly agent: string; readonly code: ErrorCode }
  | { readonly kind: 'declined'; readonly agent: string; readonly answer: string }
  | { readonly kind: 'late' }
  | { readonly kind: 'interrupted' }

/** Milliseconds that agents have to finish once the goal is reached or the run is interrupted. */
const DRAIN_MS = 5_000

/**
 * Runs a system from its start to its end: deploys every agent, sends what is to be sent first, and waits for the goal.
 *
 * The run ends when the goal is reached, can no longer be reached (nothing is under way any more, or its agent failed or
 * declined), is late, or when `signal` is aborted. An agent declines when it answers one of the first conversations to
 * `user` with `failure`, `refuse` or `not-understood`, or does not handle one of the first messages. Everything is closed when the promise settles.
 *
 * With a data directory a run that did not come to its end, because it was interrupted or killed or waits for nothing but people, is
 * gone on with: nothing is sent first.
 *
 * @throws CaxtonError what `deployAll` and `Caxton.start` throw, and ERR_CONFIG_INVALID for an export that cannot be made, before anything has started
 */
export async function runSystem(system: System, options: RunOptions = {}): Promise<RunReport> {
  const { onEvent, signal, exports = [], ...caxtonOptions } = options
  await checkExports(system, exports)
  await using caxton = await Caxton.start({
    store: system.store,
    ...caxtonOptions,
    protocols: system.protocols,
    people: system.people,
    conversations: system.conversations,
    capabilities: system.capabilities,
    secrets: { ...system.secrets, ...caxtonOptions.secrets },
    tools: { ...system.tools, ...caxtonOptions.tools },
  })
  if (onEvent !== undefined) caxton.subscribe(onEvent)
  const conversations = new Set<string>()
  const goal = watchGoal(caxton, system.goal, conversations)
  caxton.addTemplates(system.templates)
  await caxton.deployAll(system.agents)
  const startMs = performance.now()
  const interrupted = caxton.data.interruptedRun()
  for (const id of interrupted ?? []) conversations.add(id)
  for (const draft of interrupted === null ? system.send : []) {
    const messageId = caxton.send(parseContent(draft))
    conversations.add(draft.conversation_id ?? messageId)
  }
  // In one turn with what is sent: a run either has begun with all of it or not at all.
  caxton.data.noteRun(conversations)
  const ending = await firstEnding(caxton, system.goal, goal, signal)
  if (ending.kind !== 'interrupted' && ending.kind !== 'waiting') caxton.data.noteRun(null)
  const elapsedMs = performance.now() - startMs
  const exported = await saveExports(caxton, exports)
  await caxton.drain({ deadlineMs: DRAIN_MS })
  const waiting = ending.kind === 'waiting' ? ending.waiting : []
  return { ...judge(ending, system.goal), agents: caxton.agents(), elapsedMs, exported, waiting }
}

const DECLINES: ReadonlySet<Performative> = new Set(['failure', 'refuse', 'not-understood'])
/** Longest part of a content that is repeated in the reason of an ending, characters. */
const MAX_ANSWER = 500

/** Resolves with the message that is the goal, or with why the agent it has to come from will not send it. */
function watchGoal(caxton: Caxton, goal: Goal | null, conversations: ReadonlySet<string>): Promise<Ending> {
  const ending = Promise.withResolvers<Ending>()
  if (goal === null) return ending.promise
  let loss: Ending | null = null
  caxton.subscribe((event) => {
    // An agent that is started anew is not lost. That it is follows at once upon its failure.
    if (event.type === 'restarting' && event.agent === goal.from) loss = null
    const found = findEnding(event, goal, conversations)
    if (found?.kind !== 'lost') {
      if (found !== null) ending.resolve(found)
      return
    }
    loss = found
    queueMicrotask(() => {
      if (loss !== null) ending.resolve(loss)
    })
  })
  return ending.promise
}

/** Returns how an event ends the run; null if it does not. */
function findEnding(event: RouterEvent, goal: Goal, conversations: ReadonlySet<string>): Ending | null {
  if (event.type === 'delivered' && event.agent === USER_NAME) {
    const { message } = event
    if (message.sender !== goal.from) return null
    if (message.performative === goal.performative) return { kind: 'goal', message }
    if (!DECLINES.has(message.performative) || !conversations.has(message.conversation_id)) return null
    return { kind: 'declined', agent: goal.from, answer: describeAnswer(message) }
  }
  if (event.type === 'handled' && event.agent === goal.from) {
    const { message, status, error } = event
    if (status === 0 || error !== null || message.sender !== USER_NAME) return null
    const answer = status === 1 ? 'not-understood' : `status ${status}`
    return { kind: 'declined', agent: goal.from, answer: `${answer} to ${message.performative}` }
  }
  if (event.type === 'state' && event.agent === goal.from && event.reason !== null) {
    return { kind: 'lost', agent: goal.from, code: event.reason.code }
  }
  return null
}

function describeAnswer({ performative, content }: Message): string {
  if (content === undefined) return performative
  return `${performative} ${content.length > MAX_ANSWER ? `${content.slice(0, MAX_ANSWER)}…` : content}`
}

async function firstEnding(
  caxton: Caxton,
  goal: Goal | null,
  watched: Promise<Ending>,
  signal: AbortSignal | undefined,
): Promise<Ending> {
  const timer = Promise.withResolvers<Ending>()
  const timeout = goal === null ? undefined : setTimeout(() => timer.resolve({ kind: 'late' }), goal.withinMs)
  const interruption = Promise.withResolvers<Ending>()
  const onAbort = () => interruption.resolve({ kind: 'interrupted' })
  if (signal?.aborted) onAbort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const rest = caxton.idle().then((): Ending => {
    const waiting = caxton.people.list().filter(({ wantsAnswer }) => wantsAnswer)
    const goesOn = caxton.data.isDurable && waiting.length > 0
    return goesOn ? { kind: 'waiting', waiting } : { kind: 'rest', lost: waiting }
  })
  try {
    return await Promise.race([watched, interruption.promise, timer.promise, rest])
  } finally {
    clearTimeout(timeout)
    signal?.removeEventListener('abort', onAbort)
  }
}

function judge(ending: Ending, goal: Goal | null): Pick<RunReport, 'reached' | 'reason' | 'code' | 'result'> {
  const missed = { reached: false, code: 'ERR_GOAL_MISSED', result: null } as const
  const wanted = goal === null ? '' : `no ${goal.performative} from ${goal.from} reached user`
  switch (ending.kind) {
    case 'goal':
      return { reached: true, code: null, result: ending.message, reason: 'the goal was reached' }
    case 'rest': {
      const { lost } = ending
      const why = lost.length === 0 ? '' : `; ${describeWaiting(lost)}, which only a run with a data directory does`
      if (goal === null) return { reached: true, code: null, result: null, reason: `the system came to rest${why}` }
      return { ...missed, reason: `${wanted}, and nothing is under way any more${why}` }
    }
    case 'waiting':
      return { ...missed, code: null, reason: `${describeWaiting(ending.waiting)}, and nothing else is under way` }
    case 'lost':
      return { ...missed, reason: `${wanted}: ${ending.agent} failed with ${ending.code}` }
    case 'declined':
      return { ...missed, reason: `${wanted}: ${ending.agent} answered ${ending.answer}` }
    case 'late':
      return { ...missed, reason: `${wanted} within ${goal?.withinMs} ms` }
    case 'interrupted':
      return { ...missed, code: null, reason: 'interrupted' }
  }
}

function describeWaiting(waiting: readonly HumanMessage[]): string {
  const people = [...new Set(waiting.map(({ person }) => humanAddress(person)))].join(', ')
  return `${waiting.length === 1 ? 'a message waits' : `${waiting.length} messages wait`} for ${people}`
}
