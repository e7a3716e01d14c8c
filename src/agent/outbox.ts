import type { AskHandler } from '../capability/index.ts'
import type { Message } from '../core/index.ts'
import type { Agent } from './agent.ts'
import type { AgentEvents } from './agent-parts.ts'

interface SentMessage {
  readonly message: Message
  readonly reserved: boolean
  readonly cause: Message | null
}

/** What a guest has sent in the call that runs: held until that has ended, or sent on at once. */
export class Outbox {
  readonly #events: Pick<AgentEvents, 'onSend' | 'onDropped'>
  readonly #agent: Agent
  #held: SentMessage[] = []
  /** Messages that somebody waits for the replies of in the call that runs. */
  #urgent = 0

  constructor(events: Pick<AgentEvents, 'onSend' | 'onDropped'>, agent: Agent) {
    this.#events = events
    this.#agent = agent
  }

  /**
   * Wraps what answers asks: a message whose reply the guest waits for cannot wait for the end of the call. It is sent at once, and again
   * when the call has to be made again.
   */
  letRequestsPass(onAsk: AskHandler | undefined): { readonly onAsk?: AskHandler } {
    if (onAsk === undefined) return {}
    return {
      onAsk: (ask, signal, cause) => {
        // Its message is the next one.
        if (ask.service === 'request') this.#urgent += 1
        return onAsk(ask, signal, cause)
      },
    }
  }

  add(message: Message, reserved: boolean, cause: Message | null): void {
    const isUrgent = this.#urgent > 0
    if (isUrgent) this.#urgent -= 1
    if (!isUrgent && this.#agent.guarantee === 'at-least-once') this.#held.push({ message, reserved, cause })
    else this.#events.onSend(this.#agent, message, reserved, cause)
  }

  /** The call has ended: sends what is held on if it succeeded, else drops it. */
  end(succeeded: boolean): void {
    if (this.#held.length === 0) return
    const held = this.#held
    this.#held = []
    for (const { message, reserved, cause } of held) {
      if (succeeded) this.#events.onSend(this.#agent, message, reserved, cause)
      else this.#events.onDropped(this.#agent, message, reserved)
    }
  }
}
