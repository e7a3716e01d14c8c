import type { Grants } from '../capability/index.ts'
import type { ErrorData } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'
import type { Agent } from './agent.ts'
import type { AgentEvents } from './agent-parts.ts'
import { takesMessages } from './state.ts'

export interface RegistrationsParts {
  readonly events: Pick<AgentEvents, 'onRegister'>
  refuse(refusal: ErrorData): void
}

/** Capabilities that an agent has registered; those from before it runs are offered when it does. */
export class Registrations {
  readonly names = new Set<string>()
  readonly #parts: RegistrationsParts
  readonly #agent: Agent
  readonly #grants: Pick<Grants, 'register'>

  constructor(parts: RegistrationsParts, agent: Agent, grants: Pick<Grants, 'register'>) {
    this.#parts = parts
    this.#agent = agent
    this.#grants = grants
  }

  add(capability: string): void {
    if (this.names.has(capability) || !takesMessages(this.#agent.state.phase)) return
    const data = { agent: this.#agent.name, capability }
    const limit = HOST_LIMITS.capabilitiesPerAgent
    if (!this.#grants.register.includes(capability)) {
      this.#parts.refuse({ code: 'ERR_GRANT_MISSING', detail: `register = ["${capability}"]`, data })
    } else if (this.names.size >= limit) {
      this.#parts.refuse({ code: 'ERR_LIMIT_CAPABILITIES', data: { ...data, limit } })
    } else {
      this.names.add(capability)
      if (this.#agent.state.phase === 'running') this.#parts.events.onRegister(this.#agent, capability)
    }
  }

  /** Offers what was registered before the agent ran, as long as it does. */
  announce(): void {
    for (const capability of this.names) {
      if (this.#agent.state.phase !== 'running') return
      this.#parts.events.onRegister(this.#agent, capability)
    }
  }
}
