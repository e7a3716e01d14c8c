import type { Answer, Ask, DelegableName, DelegationState, Grants } from '../../capability/index.ts'
import { DELEGABLE, DELEGATION_STATES, STATUS } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import { answerJson, failAsk, NO_BYTES, parseObject } from '../answers.ts'
import type { DelegationInfo } from './delegation-book.ts'
import { DelegationBook } from './delegation-book.ts'

export interface DelegationServiceParts {
  /** The grants of an agent that runs; null if there is none of that name. */
  grantsOf(agent: string): Grants | null
  /** Reads grants as a system file writes them. @throws CaxtonError ERR_CONFIG_INVALID */
  parseGrants(written: unknown): Grants
}

/** What the holder of a delegation asks for by it. */
export interface DelegatedUse {
  readonly grants: Pick<Grants, DelegableName>
  readonly ask: Ask
}

const FIELDS: ReadonlySet<string> = new Set(['to', 'grant', 'value', 'from'])

/** Grants that agents pass on. Runs on the main thread; the services that they are for do what is asked by them. */
export class DelegationService {
  readonly #parts: DelegationServiceParts
  readonly #book: DelegationBook

  constructor(parts: DelegationServiceParts) {
    this.#parts = parts
    this.#book = new DelegationBook({ grantsOf: (agent) => parts.grantsOf(agent) })
  }

  /** Answers `delegate`: the handle as JSON text. Never throws. */
  delegate(giver: string, { text }: Ask): Answer {
    try {
      const fields = parseObject(text)
      const { to: holder, grant, value: written, from: source = null } = fields ?? {}
      const name = DELEGABLE.find((known) => known === grant)
      const isFit = typeof holder === 'string' && (source === null || typeof source === 'string') && name !== undefined
      if (fields === null || !isFit || Object.keys(fields).some((key) => !FIELDS.has(key))) return invalid()
      if (!this.#parts.grantsOf(giver)?.delegate.includes(name)) {
        throw new CaxtonError('ERR_GRANT_MISSING', { detail: `delegate = ["${name}"]`, data: { agent: giver } })
      }
      const value = this.#parts.parseGrants({ [name]: written })[name]
      return answerJson({ handle: this.#book.delegate({ giver, holder, grant: name, value, written, source }) })
    } catch (error) {
      return failAsk(error).answer
    }
  }

  /** Answers `set_delegation`. Never throws. */
  setState(agent: string, { text, bytes }: Ask): Answer {
    const wanted = Buffer.from(bytes).toString()
    const state = DELEGATION_STATES.find((known) => known === wanted)
    if (state === undefined) return invalid()
    try {
      this.#book.setState(agent, text, state)
      return { status: STATUS.OK, bytes: NO_BYTES }
    } catch (error) {
      return failAsk(error).answer
    }
  }

  /** Turns `use_delegation` into what it stands for. @throws CaxtonError ERR_DELEGATION_UNUSABLE */
  use(agent: string, ask: Ask): DelegatedUse {
    const lineEnd = ask.text.indexOf('\n')
    const { grant, value } = this.#book.use(agent, ask.text.slice(0, Math.max(0, lineEnd)))
    const grants = { http: [], tools: [], [grant]: value } as Pick<Grants, DelegableName>
    const service = grant === 'http' ? 'http_fetch' : 'call_tool'
    return { grants, ask: { ...ask, service, text: ask.text.slice(lineEnd + 1) } }
  }

  /** Changes the state of a delegation for the operator. @throws CaxtonError ERR_DELEGATION_UNUSABLE */
  override(handle: string, state: DelegationState): void {
    this.#book.setState(null, handle, state)
  }

  endAgent(agent: string): void {
    this.#book.endAgent(agent)
  }

  list(): DelegationInfo[] {
    return this.#book.list()
  }
}

function invalid(): Answer {
  return { status: STATUS.INVALID, bytes: NO_BYTES }
}
