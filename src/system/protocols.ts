import type { ActTable, Dialogue, DialogueRules, Performative, Protocol } from '../core/index.ts'
import { findProtocolProblems, isName, PERFORMATIVES } from '../core/index.ts'
import { nameProblem } from './field.ts'
import type { Problem } from './problems.ts'
import { mismatch, show, suggest } from './problems.ts'
import { isTable } from './tables.ts'
import type { Path } from './toml.ts'

/** One dialogue as a user writes it: states by name, in each the acts of the roles and perhaps a deadline. */
export interface DialogueInput {
  /** @default the first two roles of the protocol */
  readonly opener?: string
  readonly partner?: string
  /** Whether the opener may cancel. @default true */
  readonly cancel?: boolean
  readonly states: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>
  readonly ends: readonly string[]
  /** What the runtime answers to acts that come after a deadline. @default not-understood */
  readonly late?: Readonly<Record<string, string>>
}

/** A protocol as a user writes it: with one dialogue in it, or with a list of them. */
export type ProtocolInput = { readonly summary?: string; readonly roles: readonly string[] } & (
  | DialogueInput
  | { readonly dialogues: readonly DialogueInput[] }
)

/** Sizes of a protocol; a table is read at every message. */
const MOST = { roles: 16, dialogues: 16, states: 64, ends: 64 } as const
const RESERVED = 'fipa-'
const ROLE_KEYS = new Set(['deadline'])

/** Collects what is wrong while a protocol is read. */
class Reader {
  readonly problems: Problem[] = []

  refuse(path: Path, text: string): void {
    this.problems.push({ path, text })
  }

  /** Refuses keys that are not known. */
  table(value: unknown, path: Path, known: readonly string[] | null, expected: string): Record<string, unknown> {
    if (!isTable(value)) {
      this.refuse(path, mismatch(value, expected))
      return {}
    }
    for (const key of known === null ? [] : Object.keys(value)) {
      if (known?.includes(key)) continue
      this.refuse([...path, key], `is not a known key, ${suggest(key, known ?? [])}`)
    }
    return value
  }

  names(value: unknown, path: Path, most: number): string[] {
    if (!Array.isArray(value) || value.length === 0 || value.length > most) {
      this.refuse(path, mismatch(value, `an array of 1 to ${most} names`))
      return []
    }
    value.forEach((entry, index) => {
      const problem = typeof entry === 'string' ? nameProblem(entry) : mismatch(entry, 'a name')
      if (problem !== null) this.refuse([...path, index], problem)
    })
    return value.filter((entry): entry is string => typeof entry === 'string')
  }

  act(value: unknown, path: Path): Performative | null {
    const found = PERFORMATIVES.find((act) => act === value)
    if (found === undefined) this.refuse(path, `is ${show(value)}, ${suggest(String(value), PERFORMATIVES)}`)
    return found ?? null
  }
}

/** Reads a protocol of the user's own. Its problems have paths from its own table on. */
export function readProtocol(name: string, value: unknown): { protocol: Protocol; problems: Problem[] } {
  const reader = new Reader()
  if (!isName(name)) reader.refuse([], nameProblem(name) ?? '')
  if (name.startsWith(RESERVED)) reader.refuse([], `has a name that begins with "${RESERVED}", expected another`)
  const isPlain = !isTable(value) || value['dialogues'] === undefined
  const dialogueKeys = ['opener', 'partner', 'cancel', 'states', 'ends', 'late']
  const known = ['summary', 'roles', ...(isPlain ? dialogueKeys : ['dialogues'])]
  const table = reader.table(value, [], known, 'a table such as [protocols.review]')
  const { summary = '' } = table
  if (typeof summary !== 'string' || summary.length > 1_000) reader.refuse(['summary'], mismatch(summary, 'a text'))
  const roles = reader.names(table['roles'], ['roles'], MOST.roles)
  for (const role of roles)
    if (ROLE_KEYS.has(role)) reader.refuse(['roles'], `has ${show(role)}, expected another name`)
  const written = isPlain ? [table] : table['dialogues']
  if (!Array.isArray(written) || written.length === 0 || written.length > MOST.dialogues) {
    reader.refuse(['dialogues'], mismatch(written, `an array of 1 to ${MOST.dialogues} tables`))
  }
  const dialogues = (Array.isArray(written) ? written.slice(0, MOST.dialogues) : []).map((one: unknown, index) => {
    const path: Path = isPlain ? [] : ['dialogues', index]
    return readDialogue(reader, isPlain ? table : reader.table(one, path, dialogueKeys, 'a table'), path, roles)
  })
  const protocol: Protocol = { name, source: null, summary: String(summary), roles, dialogues }
  // Only what has its form has a meaning.
  if (reader.problems.length > 0) return { protocol, problems: reader.problems }
  const found = findProtocolProblems(protocol)
  const toPath = (path: readonly (string | number)[]): Path =>
    isPlain && path[0] === 'dialogues' ? path.slice(2) : path
  return { protocol, problems: found.map(({ path, text }) => ({ path: toPath(path), text })) }
}

function readDialogue(
  reader: Reader,
  table: Readonly<Record<string, unknown>>,
  path: Path,
  roles: readonly string[],
): Dialogue {
  const { opener = roles[0], partner = roles[1], cancel = true } = table
  for (const [key, role] of [
    ['opener', opener],
    ['partner', partner],
  ] as const) {
    if (roles.some((name) => name === role)) continue
    reader.refuse(
      [...path, key],
      role === undefined ? 'is missing: there is one role, expected two' : `is ${show(role)}, expected a role`,
    )
  }
  if (typeof cancel !== 'boolean') reader.refuse([...path, 'cancel'], mismatch(cancel, 'true or false'))
  const sides = { opener: String(opener), partner: String(partner) }
  const states = readStates(reader, table['states'], [...path, 'states'], sides)
  const ends = reader.names(table['ends'], [...path, 'ends'], MOST.ends)
  const late = table['late'] === undefined ? undefined : readLate(reader, table['late'], [...path, 'late'])
  return { ...sides, cancel: cancel === true, states, ends, ...(late === undefined ? {} : { late }) }
}

type Sides = { readonly opener: string; readonly partner: string }

function readStates(reader: Reader, value: unknown, path: Path, sides: Sides): Record<string, DialogueRules> {
  const written = reader.table(value, path, null, 'tables such as states.start')
  const names = Object.keys(written)
  if (names.length > MOST.states) reader.refuse(path, `are ${names.length}, expected at most ${MOST.states}`)
  const states: Record<string, DialogueRules> = Object.create(null)
  for (const name of names.slice(0, MOST.states)) {
    const at = [...path, name]
    const problem = nameProblem(name)
    if (problem !== null) reader.refuse(at, problem)
    const rules = reader.table(written[name], at, [sides.opener, sides.partner, 'deadline'], 'a table of acts by role')
    const [opener, partner] = [rules[sides.opener], rules[sides.partner]]
    const deadline =
      rules['deadline'] === undefined ? undefined : readDeadline(reader, rules['deadline'], [...at, 'deadline'])
    states[name] = {
      ...(opener === undefined ? {} : { opener: readActs(reader, opener, [...at, sides.opener]) }),
      ...(partner === undefined ? {} : { partner: readActs(reader, partner, [...at, sides.partner]) }),
      ...(deadline === undefined ? {} : { deadline }),
    }
  }
  return states
}

function readActs(reader: Reader, value: unknown, path: Path): ActTable {
  const written = reader.table(value, path, PERFORMATIVES, 'a table of acts, such as { request = "asked" }')
  const acts: Partial<Record<Performative, string>> = {}
  for (const act of PERFORMATIVES) {
    const next = Object.hasOwn(written, act) ? written[act] : undefined
    if (next === undefined) continue
    if (typeof next === 'string') acts[act] = next
    else reader.refuse([...path, act], mismatch(next, 'the name of a state'))
  }
  if (acts.cancel !== undefined || acts['not-understood'] !== undefined) {
    reader.refuse(path, 'has cancel or not-understood, which every dialogue has, expected other acts')
  }
  return acts
}

function readDeadline(reader: Reader, value: unknown, path: Path): { act: Performative; next: string } | undefined {
  const { act, next } = reader.table(value, path, ['act', 'next'], 'a table such as { act = "failure", next = "late" }')
  const told = reader.act(act, [...path, 'act'])
  if (typeof next !== 'string') reader.refuse([...path, 'next'], mismatch(next, 'the name of a state'))
  return told === null ? undefined : { act: told, next: String(next) }
}

function readLate(reader: Reader, value: unknown, path: Path): Partial<Record<Performative, Performative>> {
  const written = reader.table(value, path, PERFORMATIVES, 'a table of acts')
  const late: Partial<Record<Performative, Performative>> = {}
  for (const act of PERFORMATIVES) {
    if (!Object.hasOwn(written, act)) continue
    const answer = reader.act(written[act], [...path, act])
    if (answer !== null) late[act] = answer
  }
  return late
}
