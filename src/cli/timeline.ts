import type { ErrorData, Message } from '../core/index.ts'
import { describeRate, formatBytes, formatCount, formatDurationMs, LIMITS, RUNTIME_NAME } from '../core/index.ts'
import type { Tone } from './paint.ts'
import { columnsOf, padEnd, padStart, shorten, shortenStart } from './plain-text.ts'
import type { RunEvent, Screen } from './view.ts'

const TIME_COLUMNS = 9
const ACT_COLUMNS = 15
const TALK_COLUMNS = 12
const MAX_NAME_COLUMNS = 20
const MIN_TEXT_COLUMNS = 16
/** Lines that look alike in a row before the rest are counted instead of shown. */
const MAX_ALIKE = 6

export interface TimelineOptions extends Screen {
  /** Names that will occur, for the width of their column. */
  readonly names: readonly string[]
  /** Shows every event, too: states, deliveries, what each message cost; counts nothing together. */
  readonly verbose: boolean
}

interface Line {
  readonly tone: Tone
  readonly mark: string
  readonly who: string
  readonly toWhom: string | null
  readonly what: string
  readonly conversation: string
  readonly text: string
}

/**
 * Writes events as lines of a timeline: `+12.3 ms    coordinator → count-c  cfp  c-1  {"bytes":1200}`.
 *
 * Time is counted from the first line: what went before, such as building, is no part of the conversation.
 * Guarantees: one line each, no wider than the screen (from 100 columns on), with every control character of a guest escaped.
 */
export class Timeline {
  readonly #options: TimelineOptions
  readonly #nameColumns: number
  #startMs: number | null = null
  #lastKey = ''
  #alike = 0

  constructor(options: TimelineOptions) {
    this.#options = options
    const longest = Math.max(6, ...options.names.map((name) => columnsOf(name)))
    this.#nameColumns = Math.min(MAX_NAME_COLUMNS, longest)
  }

  /** Returns the lines to show for an event: none where it is not worth one, two where it ends a count. */
  render(event: RunEvent): string[] {
    const line = describe(event, this.#options.verbose)
    if (line === null) return []
    this.#startMs ??= event.elapsedMs
    const elapsedMs = event.elapsedMs - this.#startMs
    const key = [line.mark, line.who, line.toWhom, line.what].join('\0')
    if (this.#options.verbose || key !== this.#lastKey) {
      const lines = [...this.flush(), this.#format(line, elapsedMs)]
      this.#lastKey = key
      this.#alike = 1
      return lines
    }
    this.#alike += 1
    return this.#alike > MAX_ALIKE ? [] : [this.#format(line, elapsedMs)]
  }

  /** Returns the line that says how many were not shown, if any. */
  flush(): string[] {
    const hidden = this.#alike - MAX_ALIKE
    this.#alike = 0
    this.#lastKey = ''
    if (hidden <= 0) return []
    return [this.#options.paint('dim', `${' '.repeat(TIME_COLUMNS + 3)}… ${hidden} more like this`)]
  }

  #format(line: Line, elapsedMs: number): string {
    const { paint, columns } = this.#options
    const time = padStart(`+${formatDurationMs(elapsedMs)}`, TIME_COLUMNS)
    const route = this.#formatRoute(line)
    const what = padEnd(shorten(line.what, ACT_COLUMNS), ACT_COLUMNS)
    const talk = line.toWhom === null ? '' : `${padEnd(shortenStart(line.conversation, TALK_COLUMNS), TALK_COLUMNS)}  `
    const used = columnsOf(`${time} ${line.mark} ${route}  ${what}  ${talk}`)
    const text = shorten(line.text, Math.max(MIN_TEXT_COLUMNS, columns - used))
    const start = `${paint('dim', time)} ${paint(line.tone, line.mark)} ${paint('name', route)}`
    return `${start}  ${paint(line.tone, what)}  ${paint('dim', talk)}${paint(line.tone, text)}`.trimEnd()
  }

  #formatRoute({ who, toWhom }: Line): string {
    const width = this.#nameColumns
    const from = padEnd(shorten(who, width), width)
    return toWhom === null ? from : `${from} → ${padEnd(shorten(toWhom, width), width)}`
  }
}

function describe(event: RunEvent, verbose: boolean): Line | null {
  switch (event.type) {
    case 'sent':
      return { ...lineOf(event.message), tone: event.message.performative === 'failure' ? 'warn' : 'plain' }
    case 'undelivered':
      return { ...lineOf(event.message), tone: 'bad', mark: '✗', what: 'not delivered', text: explain(event.error) }
    case 'refused':
      return { ...agentLine(event.agent), tone: 'bad', mark: '✗', what: 'refused', text: explain(event.error) }
    case 'unkept': {
      const text = `${explain(event.error)}${event.isOver ? '' : ' (tried again)'}`
      return { ...agentLine(RUNTIME_NAME), tone: 'bad', mark: '✗', what: 'not kept', text }
    }
    case 'restarted':
      return { ...agentLine(event.agent), tone: 'warn', mark: '!', what: 'restarted', text: explain(event.error) }
    case 'warning':
      return { ...agentLine(event.agent), tone: 'warn', mark: '!', what: 'warning', text: describeWarning(event) }
    case 'throttled': {
      const text = `for ${formatDurationMs(event.waitMs)}: ${describeRate(event.limit, event.rate)} is used up`
      return { ...agentLine(event.agent), tone: 'warn', mark: '!', what: 'throttled', text }
    }
    case 'restarting': {
      const text = `in ${formatDurationMs(event.waitMs)} (${event.attempt} of ${event.max}): ${explain(event.error)}`
      return { ...agentLine(event.agent), tone: 'warn', mark: '!', what: 'restarting', text }
    }
    case 'guard': {
      const where = event.conversation === null ? '' : `${event.conversation}: `
      const text = `${where}${explain(event.error)}`
      return { ...agentLine(event.agent ?? 'caxton'), tone: 'bad', mark: '✗', what: 'guard', text }
    }
    case 'expired': {
      const text = `${event.act} for the sake of ${event.about}, which did not answer in ${event.conversation}`
      return { ...agentLine(event.agent), tone: 'warn', mark: '!', what: 'expired', text }
    }
    case 'waiting': {
      const { person, message } = event
      const text = `${message.message_id}: ${message.performative} of ${message.sender}`
      return { ...agentLine(`human:${person}`), what: 'waiting', text }
    }
    case 'answered':
      return verbose
        ? {
            ...agentLine(`human:${event.person}`),
            tone: 'dim',
            what: 'answered',
            text: `${event.question} by ${event.by}`,
          }
        : null
    case 'withdrawn': {
      const text = `${event.message.message_id}: ${event.end}`
      return { ...agentLine(`human:${event.person}`), tone: 'warn', mark: '!', what: 'withdrawn', text }
    }
    case 'log':
      return {
        ...agentLine(event.agent),
        tone: logTone(event.level),
        what: `log ${event.level}`,
        text: event.text.trimEnd(),
      }
    case 'registered': {
      const said = Object.keys(event.properties).length === 0 ? '' : ` ${JSON.stringify(event.properties)}`
      return { ...agentLine(event.agent), what: 'offers', text: `capability:${event.capability}${said}` }
    }
    case 'unregistered': {
      const what = event.cause === 'lapsed' ? 'offer lapsed' : 'offers no more'
      return { ...agentLine(event.agent), what, text: `capability:${event.capability}` }
    }
    case 'subscribed':
    case 'unsubscribed':
      return { ...agentLine(event.agent), what: event.type, text: `topic:${event.pattern}` }
    case 'published':
      return describePublished(event, verbose)
    case 'audit':
      return describeAudit(event)
    case 'state':
      return describeState(event, verbose)
    case 'handled':
      return describeHandled(event, verbose)
    case 'fired': {
      const line = { ...agentLine(event.agent), what: 'timer', text: `${event.timer}` }
      if (event.status !== 0)
        return { ...line, tone: 'warn', mark: '!', text: `${event.timer} answered ${event.status}` }
      return verbose ? { ...line, tone: 'dim' } : null
    }
    case 'delivered':
      return verbose ? describeDelivered(event) : null
    default:
      return null
  }
}

/** Whom a publication went to: worth a line where somebody has lost it. */
function describePublished({ message, copies, lost }: RunEvent & { type: 'published' }, verbose: boolean): Line | null {
  if (lost === 0 && !verbose) return null
  const line: Line = { ...lineOf(message), what: 'published', text: `to ${formatCount(copies)}` }
  if (lost === 0) return { ...line, tone: 'dim' }
  return { ...line, tone: 'warn', mark: '!', text: `${line.text}, lost to ${formatCount(lost)}` }
}

/** What a service did for an agent, or why it did not. */
function describeAudit(event: RunEvent & { type: 'audit' }): Line {
  const { agent, service, target, outcome, detail, durationMs, receivedBytes } = event
  const what = `${service} ${outcome === 'ok' ? 'call' : 'failed'}`
  if (outcome === 'ok') {
    const text = `${target}: ${formatBytes(receivedBytes)} in ${formatDurationMs(durationMs)}`
    return { ...agentLine(agent), what, text }
  }
  const text = `${target}: ${outcome}${detail === undefined ? '' : `: ${detail}`}`
  return { ...agentLine(agent), tone: 'warn', mark: '!', what, text }
}

const SCOPES = { message: ' for one message', rate: ' over time', agent: '' } as const
const FORMATS = { bytes: formatBytes, ms: formatDurationMs, count: formatCount } as const

function describeWarning({ limit, scope, used, bound }: RunEvent & { type: 'warning' }): string {
  const { key, unit } = LIMITS[limit]
  const format = FORMATS[unit]
  return `${key} at ${Math.floor((used / bound) * 100)} % of its limit${SCOPES[scope]}: ${format(used)} of ${format(bound)}`
}

function describeDelivered({ agent, message }: RunEvent & { type: 'delivered' }): Line {
  const text = agent === message.receiver ? '' : `to ${agent}`
  return { ...lineOf(message), tone: 'dim', what: 'delivered', text }
}

function describeState(event: RunEvent & { type: 'state' }, verbose: boolean): Line | null {
  if (event.to === 'failed') {
    const text = event.reason === null ? '' : explain(event.reason)
    return { ...agentLine(event.agent), tone: 'bad', mark: '✗', what: 'failed', text }
  }
  return verbose ? { ...agentLine(event.agent), tone: 'dim', what: event.to, text: `was ${event.from}` } : null
}

function describeHandled(event: RunEvent & { type: 'handled' }, verbose: boolean): Line | null {
  const { agent, message, status, usage } = event
  const of = `${message.performative} of ${message.sender} in ${message.conversation_id}`
  // An error ends the agent, and its new state says why.
  if (event.error === null && status !== 0) {
    const text = status === 1 ? `did not understand ${of}` : `answered status ${status} to ${of}`
    return {
      ...agentLine(agent),
      tone: 'warn',
      mark: '!',
      what: 'not handled',
      text,
    }
  }
  if (!verbose) return null
  if (event.error !== null) {
    return { ...agentLine(agent), tone: 'dim', what: 'not handled', text: `${of}: ${event.error.code}` }
  }
  return { ...agentLine(agent), tone: 'dim', what: 'handled', text: `${of}: ${describeUsage(usage)}` }
}

/** What one message has used: of tables, log lines and host calls what there was. */
function describeUsage(usage: (RunEvent & { type: 'handled' })['usage']): string {
  const { fuel, cpuMs, wallMs, memoryBytes, tableElements, stackBytes, logBytes, callsByName } = usage
  return [
    `${formatCount(fuel)} fuel`,
    `${formatDurationMs(cpuMs)} CPU of ${formatDurationMs(wallMs)}`,
    `memory ${formatBytes(memoryBytes)}`,
    ...(tableElements > 0 ? [`tables ${formatCount(tableElements)}`] : []),
    `stack ${formatBytes(stackBytes)}`,
    ...(logBytes > 0 ? [`logged ${formatBytes(logBytes)}`] : []),
    ...Object.entries(callsByName).map(([name, count]) => `${name} ${count}`),
  ].join(', ')
}

function lineOf({ sender, receiver, performative, conversation_id, content }: Message): Line {
  return {
    tone: 'plain',
    mark: ' ',
    who: sender,
    toWhom: receiver,
    what: performative,
    conversation: conversation_id,
    text: content ?? '',
  }
}

function agentLine(agent: string): Line {
  return { tone: 'plain', mark: ' ', who: agent, toWhom: null, what: '', conversation: '', text: '' }
}

function explain({ code, detail }: ErrorData): string {
  return detail === undefined ? code : `${code}: ${detail}`
}

function logTone(level: string): Tone {
  return level === 'error' ? 'bad' : level === 'warn' ? 'warn' : 'dim'
}
