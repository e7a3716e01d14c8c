import type { Message } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'

/** Notices of the runtime that wait until the mailbox of their receiver has room again, per agent and in order. */
export class NoticeBacklog {
  readonly #notices = new Map<string, Message[]>()

  /** Lists the agents for which notices wait. */
  agents(): string[] {
    return [...this.#notices.keys()]
  }

  has(agent: string): boolean {
    return this.#notices.size > 0 && this.#notices.has(agent)
  }

  /** Keeps a notice; false when HOST_LIMITS.noticesPerAgent wait already. */
  push(agent: string, notice: Message): boolean {
    const waiting = this.#notices.get(agent)
    if (waiting === undefined) this.#notices.set(agent, [notice])
    else if (waiting.length < HOST_LIMITS.noticesPerAgent) waiting.push(notice)
    else return false
    return true
  }

  /** Returns the oldest notice, which stays. */
  peek(agent: string): Message | undefined {
    return this.#notices.get(agent)?.[0]
  }

  /** Drops the oldest notice. */
  drop(agent: string): void {
    const waiting = this.#notices.get(agent)
    waiting?.shift()
    if (waiting?.length === 0) this.#notices.delete(agent)
  }

  /** Takes all notices of an agent. */
  takeAll(agent: string): readonly Message[] {
    const waiting = this.#notices.get(agent) ?? []
    this.#notices.delete(agent)
    return waiting
  }
}
