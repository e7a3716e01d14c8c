import type { Message } from '../../../src/core/index.ts'
import type { RouterEvent } from '../../../src/router/index.ts'
import type { Plan } from './script.ts'

/** A plan in its place among the others. */
export interface Planned extends Plan {
  readonly token: number
  readonly above: Planned | null
  readonly children: readonly Planned[]
  /** Token of the plan that a user's message began. */
  readonly root: number
  readonly depth: number
  /** Whether it, or what led to it, is sent again when the call that sends it has to be made again. */
  readonly isRepeatable: boolean
}

/** What an outside observer knows, over all lives of a system. */
export class Ledger {
  readonly plans = new Map<number, Planned>()
  /** Times that the handling of a token has failed as planned. */
  readonly failures = new Map<number, number>()
  /** Messages of the user: the tokens by their ids, in order. */
  readonly sent = new Map<string, number>()
  /** Ids of messages of the user that were promised. */
  readonly accepted = new Set<string>()
  readonly told = new Map<string, Message>()
  /** Ids of messages that were said to be undelivered, or failed, with the code. */
  readonly ended = new Map<string, string>()
  /** Tokens of all messages by their ids. */
  readonly tokens = new Map<string, number>()
  /** Ids of dead letters at the end. */
  readonly buried = new Set<string>()
  /** Ids of messages that were handed over outside of mailboxes. */
  readonly handedOver = new Set<string>()
  /** What must never happen. */
  readonly violations: string[] = []
  restarts = 0

  plan(plan: Plan, above: Planned | null = null): Planned {
    const token = this.plans.size + 1
    const children: Planned[] = []
    const planned: Planned = {
      ...plan,
      token,
      above,
      children,
      root: above?.root ?? token,
      depth: above === null ? 0 : above.depth + 1,
      isRepeatable: above?.isRepeatable === true || plan.isAwaited,
    }
    this.plans.set(token, planned)
    for (const child of plan.leadsTo) children.push(this.plan(child, planned))
    return planned
  }

  /** Whether the handling of a token fails once more. */
  fails({ token, handling }: Planned): boolean {
    if (handling.kind !== 'trap' && handling.kind !== 'kill') return false
    const count = this.failures.get(token) ?? 0
    if (count >= handling.times) return false
    this.failures.set(token, count + 1)
    return true
  }

  planOf(id: string): Planned | undefined {
    return this.plans.get(this.tokens.get(id) ?? 0)
  }

  note(event: RouterEvent): void {
    if (event.type === 'sent' && event.message.sender !== 'caxton') {
      this.tokens.set(event.message.message_id, Number(event.message.content))
    }
    if (event.type === 'undelivered') this.ended.set(event.message.message_id, event.error.code)
    else if (event.type === 'handled' && event.error !== null)
      this.ended.set(event.message.message_id, event.error.code)
    else if (event.type === 'handled' && event.status !== 0) this.ended.set(event.message.message_id, `${event.status}`)
    else if (event.type === 'delivered' && event.agent !== 'user') {
      if (event.sequence === null) this.handedOver.add(event.message.message_id)
    }
  }
}
