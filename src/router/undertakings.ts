import type { Clock, ConversationLimits } from '../core/index.ts'
import { CaxtonError, DEFAULT_CONVERSATION_LIMITS } from '../core/index.ts'
import type { UndertakingSnapshot } from './conversation-snapshot.ts'
import type { ConversationsOptions } from './conversations-parts.ts'
import { FewThings } from './few.ts'
import type { Undertaking } from './undertaking.ts'

/** Makes undertakings, each with the bounds that its first protocol has now. */
export class Undertakings {
  readonly #clock: Clock
  readonly #options: Pick<ConversationsOptions, 'limits' | 'protocolLimits'>
  #lastId = 0

  constructor(clock: Clock, options: Pick<ConversationsOptions, 'limits' | 'protocolLimits'>) {
    this.#clock = clock
    this.#options = options
  }

  begin(protocol: string | undefined): Undertaking {
    return this.restore({
      id: this.#lastId + 1,
      protocol: protocol ?? null,
      startedMs: this.#clock.nowMs(),
      spent: { messages: 0, bytes: 0, fuel: 0, toolCalls: 0, cost: 0 },
      stopped: null,
      told: [],
    })
  }

  restore({ id, protocol, startedMs, spent, stopped, told }: UndertakingSnapshot): Undertaking {
    this.#lastId = Math.max(this.#lastId, id)
    return {
      id,
      protocol,
      limits: this.#limitsOf(protocol),
      startedMs,
      spent: { ...spent },
      stopped: stopped === null ? null : CaxtonError.fromData(stopped),
      told: new FewThings(told),
      conversations: new FewThings(),
      written: 0,
    }
  }

  #limitsOf(protocol: string | null): ConversationLimits {
    const { limits = DEFAULT_CONVERSATION_LIMITS, protocolLimits = {} } = this.#options
    return (protocol !== null && Object.hasOwn(protocolLimits, protocol) && protocolLimits[protocol]) || limits
  }
}
