import type { Grants } from '../capability/index.ts'
import type { Limits } from '../core/index.ts'
import {
  capabilityOf,
  coversTopics,
  isCoveredBy,
  isHumanAddress,
  isName,
  isTopicName,
  personOf,
  topicOf,
  USER_NAME,
} from '../core/index.ts'
import { agentNameProblem, programProblem } from './agent-options.ts'
import { nameProblem } from './field.ts'
import type { Problem } from './problems.ts'
import { show, suggest } from './problems.ts'
import { isTable } from './tables.ts'
import type { TomlTable } from './toml.ts'

/**
 * Finds what the parts of a system file say wrongly about each other.
 *
 * Works on the raw document and looks only at what has the right type, so that it finds its problems beside those of the
 * schema and repeats none of them.
 */
export function findReferenceProblems(document: TomlTable): Problem[] {
  const agents = tableAt(document, 'agents')
  const names = Object.keys(agents)
  return [
    ...findAgentProblems(document, agents, names),
    ...findTemplateProblems(tableAt(document, 'templates')),
    ...(['agents', 'templates'] as const).flatMap((group) => findPersonProblems(document, group)),
    ...findLostKeys(document),
    ...listAt(document, 'send').flatMap((entry, index) => findSendProblems(document, entry, index)),
    ...findGoalProblems(tableAt(document, 'goal'), names),
    ...findCapabilityProblems(document),
  ]
}

function findAgentProblems(document: TomlTable, agents: TomlTable, names: readonly string[]): Problem[] {
  if (document['agents'] !== undefined && isTable(document['agents']) && names.length === 0) {
    return [{ path: ['agents'], text: 'has no agent, expected at least one table such as [agents.coordinator]' }]
  }
  return names.flatMap((name) => {
    const path = ['agents', name]
    const agent = agents[name]
    const problems = [agentNameProblem(name), isTable(agent) ? programProblem(agent, ['source', 'module']) : null]
    const found: Problem[] = problems.filter((text) => text !== null).map((text) => ({ path, text }))
    const grants = isTable(agent) ? tableAt(agent, 'grants') : {}
    listAt(grants, 'send').forEach((entry, index) => {
      if (typeof entry !== 'string' || !isName(entry) || entry === USER_NAME || names.includes(entry)) return
      found.push({
        path: [...path, 'grants', 'send', index],
        text: `is ${show(entry)}, no agent here; ${suggest(entry, names)}`,
      })
    })
    return found
  })
}

/** Finds the grants that name people whom nobody has declared. */
function findPersonProblems(document: TomlTable, group: 'agents' | 'templates'): Problem[] {
  return Object.entries(tableAt(document, group)).flatMap(([name, agent]) => {
    const addresses = isTable(agent) ? listAt(tableAt(agent, 'grants'), 'send') : []
    return addresses.flatMap((address, index) => {
      if (typeof address !== 'string' || personOf(address) === null) return []
      const text = personProblem(address, document)
      return text === null ? [] : [{ path: [group, name, 'grants', 'send', index], text }]
    })
  })
}

function personProblem(address: string, document: TomlTable): string | null {
  const people = Object.keys(tableAt(document, 'people')).map((name) => `human:${name}`)
  if (people.includes(address)) return null
  const wanted = people.length === 0 ? 'expected a table such as [people.alice]' : suggest(address, people)
  return `is ${show(address)}, no person here; ${wanted}`
}

/** The key that a schema of named tables passes over, so that what stands under it would be dropped in silence. */
const LOST_KEY = '__proto__'
/** Tables whose keys are names that the system file makes up, and that are looked at by their schema alone. */
const NAMED_TABLES = [['secrets'], ['tools'], ['people'], ['conversations', 'protocols']] as const

function findLostKeys(document: TomlTable): Problem[] {
  return NAMED_TABLES.flatMap((path) => {
    const table = path.reduce(tableAt, document)
    return Object.hasOwn(table, LOST_KEY)
      ? [{ path: [...path, LOST_KEY], text: `is "${LOST_KEY}", expected a name` }]
      : []
  })
}

function findTemplateProblems(templates: TomlTable): Problem[] {
  return Object.entries(templates).flatMap(([name, template]) => {
    const program = isTable(template) ? programProblem(template, ['source', 'module']) : null
    const problems = [agentNameProblem(name), program].filter((text) => text !== null)
    return problems.map((text) => ({ path: ['templates', name], text }))
  })
}

function findSendProblems(document: TomlTable, entry: unknown, index: number): Problem[] {
  if (!isTable(entry)) return []
  const problems: Problem[] = []
  const ways = ['content', 'content_file', 'content_from'].filter((way) => entry[way] !== undefined)
  if (ways.length > 1) {
    problems.push({ path: ['send', index], text: `has ${ways.join(' and ')}, expected at most one of them` })
  }
  const text = typeof entry['to'] === 'string' && entry['to'] !== '' ? receiverProblem(entry['to'], document) : null
  if (text !== null) problems.push({ path: ['send', index, 'to'], text })
  if (entry['retain'] !== undefined && topicOf(String(entry['to'])) === null) {
    problems.push({ path: ['send', index, 'retain'], text: 'is given, expected a topic as its receiver' })
  }
  return problems
}

function receiverProblem(to: string, document: TomlTable): string | null {
  if (isHumanAddress(to)) return personProblem(to, document)
  const agents = tableAt(document, 'agents')
  const names = Object.keys(agents)
  const topic = topicOf(to)
  if (topic !== null) return topicProblem(topic, agents, names)
  const capability = capabilityOf(to)
  if (capability === null) return names.includes(to) ? null : `is ${show(to)}, no agent here; ${suggest(to, names)}`
  if (names.some((name) => registersOf(agents, name).includes(capability))) return null
  return `is ${show(to)}, which no agent may register; expected an agent with grants = { register = [${show(capability)}] }`
}

/** What no agent may subscribe to is published in vain: its name must be a mistake. */
function topicProblem(topic: string, agents: TomlTable, names: readonly string[]): string | null {
  if (!isTopicName(topic)) return `is ${show(`topic:${topic}`)}, expected tokens joined by points behind "topic:"`
  const isHeard = names.some((name) => {
    const agent = agents[name]
    const patterns = isTable(agent) ? listAt(tableAt(agent, 'grants'), 'subscribe') : []
    return patterns.some((pattern) => typeof pattern === 'string' && coversTopics(pattern, topic))
  })
  if (isHeard) return null
  return `is ${show(`topic:${topic}`)}, which no agent may subscribe to; expected an agent with grants = { subscribe = [${show(topic)}] }`
}

/** A capability that nobody may register is one that is misspelt. Looks at the names, of which the schema passes `__proto__` over. */
function findCapabilityProblems(document: TomlTable): Problem[] {
  const offered = ['agents', 'templates'].flatMap((group) => {
    const tables = tableAt(document, group)
    return Object.keys(tables).flatMap((name) => registersOf(tables, name))
  })
  const known = offered.filter((entry) => typeof entry === 'string')
  return Object.keys(tableAt(document, 'capabilities')).flatMap((name) => {
    const path = ['capabilities', name]
    const text = nameProblem(name)
    if (text !== null) return [{ path, text }]
    if (known.includes(name)) return []
    return [{ path, text: `is a capability that no agent may register; ${suggest(name, [...new Set(known)])}` }]
  })
}

function registersOf(agents: TomlTable, name: string): readonly unknown[] {
  const agent = agents[name]
  return isTable(agent) ? listAt(tableAt(agent, 'grants'), 'register') : []
}

function findGoalProblems(goal: TomlTable, names: readonly string[]): Problem[] {
  const from = goal['from']
  if (typeof from !== 'string' || from === '' || names.includes(from)) return []
  return [{ path: ['goal', 'from'], text: `is ${show(from)}, no agent here; ${suggest(from, names)}` }]
}

/** Returns the agents an address stands for in a system file: itself, or those that may register the capability or subscribe to the topic. */
export function receiversOf(
  to: string,
  agents: readonly { name: string; limits: Limits; grants: Pick<Grants, 'register' | 'subscribe'> }[],
) {
  const capability = capabilityOf(to)
  const topic = topicOf(to)
  return agents.filter(({ name, grants }) => {
    if (topic !== null) return isCoveredBy(topic, grants.subscribe)
    return capability === null ? name === to : grants.register.includes(capability)
  })
}

export function tableAt(table: TomlTable, key: string): TomlTable {
  const value = table[key]
  return isTable(value) ? value : {}
}

export function listAt(table: TomlTable, key: string): readonly unknown[] {
  const value = table[key]
  return Array.isArray(value) ? value : []
}
