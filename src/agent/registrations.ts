import type { Grants } from '../capability/index.ts'
import type { ErrorData } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'

export interface RegistrationsParts {
  refuse(refusal: ErrorData): void
  /** The agent, running and granted this, offers a capability. */
  offer(capability: string): void
  isRunning(): boolean
}

/** Capabilities that an agent has registered; those from before it runs are offered when it does. */
export class Registrations {
  readonly names = new Set<string>()
  readonly #parts: RegistrationsParts
  readonly #agent: string
  readonly #grants: Pick<Grants, 'register'>

  constructor(parts: RegistrationsParts, agent: string, grants: Pick<Grants, 'register'>) {
    this.#parts = parts
    this.#agent = agent
    this.#grants = grants
  }

  add(capability: string): void {
    if (this.names.has(capability)) return
    const data = { agent: this.#agent, capability }
    const limit = HOST_LIMITS.capabilitiesPerAgent
    if (!this.#grants.register.includes(capability)) {
      this.#parts.refuse({ code: 'ERR_GRANT_MISSING', detail: `register = ["${capability}"]`, data })
    } else if (this.names.size >= limit) {
      this.#parts.refuse({ code: 'ERR_LIMIT_CAPABILITIES', data: { ...data, limit } })
    } else {
      this.names.add(capability)
      if (this.#parts.isRunning()) this.#parts.offer(capability)
    }
  }

  /** Offers what was registered before the agent ran, as long as it does. */
  announce(): void {
    for (const capability of this.names) {
      if (!this.#parts.isRunning()) return
      this.#parts.offer(capability)
    }
  }
}
