import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { AgentInput, CaxtonEvent, CaxtonOptions, Message, System } from '../../src/index.ts'
import { Caxton } from '../../src/index.ts'
import { FIPA_PROTOCOLS } from '../../src/router/protocols/index.ts'
import { ROOT } from './run-system.ts'

const BIDDERS = ['bidder.c', 'bidder.as.ts', 'bidder.ts'].map((file) => join(ROOT, 'examples/auction', file))
export const COMMON_ENDS = ['cancelled', 'not-understood', 'lost']

/** A system of real guests, and all that happens in it. */
export class Cast {
  readonly caxton: Caxton
  readonly events: CaxtonEvent[] = []

  private constructor(caxton: Caxton) {
    this.caxton = caxton
    caxton.subscribe((event) => void this.events.push(event))
  }

  static async start(options: CaxtonOptions = {}): Promise<Cast> {
    return new Cast(await Caxton.start({ threads: 2, ...options }))
  }

  static async of(system: System): Promise<Cast> {
    const cast = await Cast.start({ conversations: system.conversations, protocols: system.protocols })
    cast.caxton.addTemplates(system.templates)
    await cast.caxton.deployAll(system.agents)
    return cast
  }

  /** Deploys a participant: the languages take turns, unless its manner is known to one of them alone. */
  async bidder(name: string, config: Readonly<Record<string, string | number>>, language?: 0 | 1 | 2): Promise<void> {
    const source = BIDDERS[language ?? this.caxton.agents().length % BIDDERS.length]!
    await this.caxton.deploy({
      name,
      source,
      config,
      grants: { send: ['*'], timers: 1 },
      limits: { fuel: '50M' },
    } as AgentInput)
  }

  /** Deploys honest participants, the n-th with the limit `from + n * by`. Returns their names. */
  async bidders(count: number, from: number, by: number): Promise<string[]> {
    const names = Array.from({ length: count }, (_, index) => `bidder-${index}`)
    for (const [index, name] of names.entries()) await this.bidder(name, { limit: from + index * by })
    return names
  }

  async initiator(name: string, file: string, config: Readonly<Record<string, string | number>>): Promise<void> {
    const source = join(ROOT, 'guests/protocols', file)
    await this.caxton.deploy({ name, source, config, grants: { send: ['*'], clock: '1ms' } } as AgentInput)
  }

  /** Asks an initiator to begin and returns what it says in the end, when nothing is under way any more. */
  async play(receiver: string): Promise<unknown> {
    const { content } = await this.caxton.request({ performative: 'request', receiver }, { deadlineMs: 60_000 })
    await this.caxton.idle()
    return content
  }

  /** Where each participant stands with who opened its dialogue, in the one conversation of a protocol: names by state. */
  states(protocol: string): Record<string, string[]> {
    const found = this.caxton.conversations().filter((one) => one.protocol === protocol)
    assert.equal(found.length, 1)
    const byState = Object.groupBy(found[0]!.dialogues, ({ state }) => state)
    return Object.fromEntries(
      Object.entries(byState).map(([state, all]) => [state, all!.map(({ partner }) => partner).toSorted()]),
    )
  }

  /** Nobody waits for anything: every dialogue has come to an end of its table. */
  assertEnded(): void {
    for (const { protocol, dialogues } of this.caxton.conversations()) {
      const tables = FIPA_PROTOCOLS.find(({ name }) => name === protocol)?.dialogues ?? []
      const ends = new Set([...tables.flatMap((table) => table.ends), ...COMMON_ENDS])
      for (const { partner, state } of dialogues) assert.ok(ends.has(state), `${partner} is ${state} in ${protocol}`)
    }
  }

  /** What the runtime told an agent: acts and reasons, in order. */
  told(agent: string): string[] {
    const notices = this.events.flatMap((event) =>
      event.type === 'sent' && event.message.sender === 'caxton' && event.message.receiver === agent
        ? [event.message]
        : [],
    )
    return notices.map(({ performative, content }) => `${performative} ${reasonIn(content)}`)
  }

  /** Messages that an agent got from another. */
  heard(agent: string, from: string): Message[] {
    return this.events.flatMap((event) =>
      event.type === 'delivered' && event.agent === agent && event.message.sender === from ? [event.message] : [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.caxton.close()
  }
}

function reasonIn(content: string | undefined): string {
  return (JSON.parse(content ?? '{}') as { reason?: string }).reason ?? ''
}
