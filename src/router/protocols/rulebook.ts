import type { Dialogue, Performative, Protocol } from '../../core/index.ts'
import { CaxtonError, findProtocolProblems } from '../../core/index.ts'
import { FIPA_PROTOCOLS } from './tables.ts'

/** One of the two agents of a dialogue. */
export type Side = 'opener' | 'partner'

/** The rules of one state, looked up by act. */
export interface StateRules {
  readonly opener: ReadonlyMap<Performative, string>
  readonly partner: ReadonlyMap<Performative, string>
  readonly deadline: { readonly act: Performative; readonly next: string } | null
}

/** A dialogue whose tables are indexed. */
export interface DialogueRulebook {
  readonly opener: string
  readonly partner: string
  readonly cancel: boolean
  readonly states: ReadonlyMap<string, StateRules>
  readonly ends: ReadonlySet<string>
  readonly late: ReadonlyMap<Performative, Performative>
}

export interface ProtocolRules {
  readonly name: string
  /** The role of who begins. */
  readonly first: string
  readonly dialogues: readonly DialogueRulebook[]
}

/** The protocols that conversations of one runtime may follow: those of FIPA, and its own. */
export class Rulebook {
  readonly #protocols = new Map<string, ProtocolRules>()

  /** @throws CaxtonError ERR_CONFIG_INVALID for a protocol that is not sound or has the name of another */
  constructor(own: readonly Protocol[] = []) {
    for (const protocol of [...FIPA_PROTOCOLS, ...own]) this.#add(protocol)
  }

  get(name: string): ProtocolRules | undefined {
    return this.#protocols.get(name)
  }

  names(): string[] {
    return [...this.#protocols.keys()]
  }

  /** @throws CaxtonError ERR_CONFIG_INVALID for a name that is none of a protocol */
  assertKnown(names: readonly string[]): void {
    const unknown = names.find((name) => !this.#protocols.has(name))
    if (unknown === undefined) return
    const detail = `conversations.protocols.${unknown} is no protocol, expected ${this.names().join(', ')}`
    throw new CaxtonError('ERR_CONFIG_INVALID', { detail, data: { protocol: unknown } })
  }

  #add(protocol: Protocol): void {
    const [problem] = findProtocolProblems(protocol)
    if (problem !== undefined) {
      const detail = `protocols.${protocol.name}.${problem.path.join('.')} ${problem.text}`
      throw new CaxtonError('ERR_CONFIG_INVALID', { detail, data: { protocol: protocol.name } })
    }
    if (this.#protocols.has(protocol.name)) {
      throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `protocols.${protocol.name} exists already` })
    }
    this.#protocols.set(protocol.name, {
      name: protocol.name,
      first: protocol.roles[0]!,
      dialogues: protocol.dialogues.map(indexDialogue),
    })
  }
}

function indexDialogue(dialogue: Dialogue): DialogueRulebook {
  const states = Object.entries(dialogue.states).map(([name, { opener, partner, deadline = null }]) => {
    const rules: StateRules = { opener: indexActs(opener), partner: indexActs(partner), deadline }
    return [name, rules] as const
  })
  return { ...dialogue, states: new Map(states), ends: new Set(dialogue.ends), late: indexActs(dialogue.late) }
}

function indexActs<Value>(table: Readonly<Partial<Record<Performative, Value>>> = {}): Map<Performative, Value> {
  return new Map(Object.entries(table) as [Performative, Value][])
}
