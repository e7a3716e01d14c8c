import type { Performative } from './message.ts'

/** An interaction protocol as data: who may say what to whom, when. */
export interface Protocol {
  readonly name: string
  /** Where it comes from, such as `FIPA00026`; null for one of the user's own. */
  readonly source: string | null
  readonly summary: string
  /** The first one begins the conversation and is held by one agent; each other role by any number. */
  readonly roles: readonly string[]
  /** The first one begins the conversation. Two agents have at most one dialogue in a conversation. */
  readonly dialogues: readonly Dialogue[]
}

/** What an agent in one role and an agent in another may say to each other. */
export interface Dialogue {
  /** The role that speaks first. */
  readonly opener: string
  readonly partner: string
  /** Whether the opener may call it off by `cancel` (the meta-protocol that all FIPA protocols share). */
  readonly cancel: boolean
  readonly states: Readonly<Record<string, DialogueRules>>
  /** States in which it may rest for ever. One that has rules as well takes further messages. */
  readonly ends: readonly string[]
  /** What the runtime answers to an act that comes after a deadline; `not-understood` where nothing is said. */
  readonly late?: Readonly<Partial<Record<Performative, Performative>>>
}

/** What may be said in one state: by whom, and which state follows. */
export interface DialogueRules {
  readonly opener?: ActTable
  readonly partner?: ActTable
  /** What the runtime tells whoever set `reply_by` when that has passed, and the state that follows. Without it no deadline counts. */
  readonly deadline?: { readonly act: Performative; readonly next: string }
}

export type ActTable = Readonly<Partial<Record<Performative, string>>>

/** The state in which every dialogue begins. */
export const START_STATE = 'start'
/** Ends that every dialogue has: they come from the runtime or from acts that no table needs to name. */
export const COMMON_ENDS = ['cancelled', 'not-understood', 'lost', 'stopped'] as const

/** Something that is wrong with a protocol, and where. */
export interface ProtocolProblem {
  readonly path: readonly (string | number)[]
  readonly text: string
}

/** Finds what no schema sees: roles that nobody gets, states that nothing reaches or nothing leaves. */
export function findProtocolProblems(protocol: Protocol): ProtocolProblem[] {
  const problems: ProtocolProblem[] = []
  protocol.dialogues.forEach((dialogue, index) => {
    const path = ['dialogues', index]
    problems.push(...findRoleProblems(protocol, index, path), ...findStateProblems(dialogue, path))
  })
  const met = new Set(protocol.dialogues.flatMap(({ opener, partner }) => [opener, partner]))
  for (const role of protocol.roles) {
    if (!met.has(role)) problems.push({ path: ['roles'], text: `names ${role}, which takes part in nothing` })
  }
  return problems
}

function findRoleProblems({ roles, dialogues }: Protocol, index: number, path: (string | number)[]): ProtocolProblem[] {
  const { opener, partner } = dialogues[index]!
  const problems = [opener, partner]
    .filter((role) => !roles.includes(role))
    .map((role) => ({ path, text: `is between roles of which ${role} is unknown, expected ${roles.join(', ')}` }))
  if (opener === partner) problems.push({ path, text: `is between ${opener} and itself, expected two roles` })
  if (partner === roles[0]) problems.push({ path, text: `gives the role ${partner}, which only who begins has` })
  const before = dialogues.slice(0, index).map((earlier) => earlier.partner)
  if (opener !== roles[0] && !before.includes(opener)) {
    problems.push({ path, text: `is opened by ${opener}, a role that no dialogue before it gives to anybody` })
  }
  if (index === 0 && opener !== roles[0])
    problems.push({ path, text: `is the first, expected to be opened by ${roles[0]}` })
  return problems
}

function findStateProblems(dialogue: Dialogue, path: (string | number)[]): ProtocolProblem[] {
  const { states, ends } = dialogue
  const problems: ProtocolProblem[] = []
  const names = Object.keys(states)
  const isKnown = (name: string) => Object.hasOwn(states, name) || ends.includes(name)
  for (const name of names) {
    for (const next of nextStates(states[name]!)) {
      if (isKnown(next)) continue
      problems.push({ path: [...path, 'states', name], text: `leads to ${next}, which is neither a state nor an end` })
    }
  }
  const { opener, partner, deadline } = states[START_STATE] ?? {}
  const opens = Object.keys(opener ?? {}).length > 0
  if (!opens || partner !== undefined || deadline !== undefined) {
    const text = 'is where the opener speaks first, expected acts of the opener alone'
    problems.push({ path: [...path, 'states', START_STATE], text })
  }
  const reached = reach([START_STATE], (name) => nextStates(states[name]))
  for (const name of new Set([...names, ...ends])) {
    if (!reached.has(name)) problems.push({ path: [...path, 'states', name], text: 'is never reached' })
  }
  const ending = reach(ends, (name) => names.filter((from) => nextStates(states[from]).includes(name)))
  for (const name of names) {
    if (reached.has(name) && !ending.has(name))
      problems.push({ path: [...path, 'states', name], text: 'has no way to an end' })
  }
  for (const name of ends) {
    if (name === START_STATE || COMMON_ENDS.some((common) => common === name)) {
      problems.push({ path: [...path, 'ends'], text: `names ${name}, which every dialogue has, expected another name` })
    }
  }
  return problems
}

/** Returns the states that follow upon a state. */
export function nextStates(rules: DialogueRules | undefined): string[] {
  const { opener = {}, partner = {}, deadline } = rules ?? {}
  return [...Object.values(opener), ...Object.values(partner), ...(deadline === undefined ? [] : [deadline.next])]
}

function reach(from: readonly string[], next: (name: string) => readonly string[]): Set<string> {
  const reached = new Set(from)
  for (const name of reached) for (const following of next(name)) reached.add(following)
  return reached
}
