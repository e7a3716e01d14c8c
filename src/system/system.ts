import { dirname, resolve } from 'node:path'
import type { SecretSource } from '../capability/index.ts'
import type { Draft, Performative } from '../core/index.ts'
import { formatBytes, HOST_LIMITS } from '../core/index.ts'
import type { AgentOptions } from './agent-options.ts'
import { completeAgent, findPlaceProblems } from './agent-options.ts'
import type { CapabilitiesInput } from './capabilities.ts'
import type { ConversationsInput } from './conversations.ts'
import { findProtocolsProblems } from './conversations.ts'
import type { Document, SendEntry } from './document.ts'
import { DEFAULT_WITHIN_MS, documentSchema } from './document.ts'
import type { NamedFiles } from './files.ts'
import { readNamedFiles, readSystemFile } from './files.ts'
import { DEFAULT_SETTINGS, mergeLimits } from './limits.ts'
import type { PersonInput } from './people.ts'
import { findPeopleProblems } from './people.ts'
import type { Problem } from './problems.ts'
import { configError, deepFreeze, formatPath, show, toProblems } from './problems.ts'
import type { ProtocolInput } from './protocols.ts'
import { findReferenceProblems, receiversOf, tableAt } from './references.ts'
import { findServiceProblems } from './service-references.ts'
import type { ToolServerInput } from './services.ts'
import { resolveServices } from './services.ts'
import type { StoreSettings } from './store.ts'
import type { TomlDocument } from './toml.ts'
import { parseToml } from './toml.ts'

/** When a run has succeeded: such a message reached `user`. */
export interface Goal {
  readonly from: string
  readonly performative: Performative
  /** Milliseconds from the first message that is sent. @default 60000 */
  readonly withinMs: number
}

/** A validated system file, with the texts that are sent already read. */
export interface System {
  readonly name: string
  /** Absolute path of the file. */
  readonly file: string
  readonly agents: readonly AgentOptions[]
  /** What agents may start, by the name of the template. */
  readonly templates: readonly AgentOptions[]
  /** What `user` sends first, in this order; the content is JSON text. */
  readonly send: readonly Draft[]
  /** Null when the file declares none. */
  readonly goal: Goal | null
  /** Where the host finds what it fills in for agents and servers of tools. */
  readonly secrets: Readonly<Record<string, SecretSource>>
  /** MCP servers whose tools agents may call. */
  readonly tools: Readonly<Record<string, ToolServerInput>>
  /** Budgets of conversations, as they are written. */
  readonly conversations: ConversationsInput
  /** Protocols of its own, as they are written. */
  readonly protocols: Readonly<Record<string, ProtocolInput>>
  /** Whom agents may write to outside, as it is written. */
  readonly people: Readonly<Record<string, PersonInput>>
  /** Whom messages to capabilities go to, by name. */
  readonly capabilities: CapabilitiesInput
  /** How data is kept, for a run with a data directory. */
  readonly store: StoreSettings
}

/** What a caller puts in the place of what the file says. */
export interface SystemOverrides {
  /** Path of the input, in the place of `[input] file`. */
  readonly input?: string
}

/**
 * Reads a system file: a `caxton.toml`, or the folder it lies in.
 *
 * Guarantees: all problems are reported together, each with its line; every file that is named exists; nothing is built,
 * compiled or started. The result is deeply frozen. Paths in the file are relative to it, those in `overrides` to the
 * working directory.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID, `data.problems` one line for each problem (`file:line: path: problem, expected …`);
 * ERR_CONFIG_SYNTAX, `data.file` and `data.line`; ERR_CONFIG_FILE_MISSING when the file itself is not there
 */
export async function loadSystem(path: string, overrides: SystemOverrides = {}): Promise<System> {
  const { file, text } = await readSystemFile(path)
  const toml = parseToml(text, file)
  const named = await readNamedFiles(toml.value, dirname(file), overrides.input)
  const checked = documentSchema.safeParse(toml.value)
  const problems = [
    ...(checked.success ? [] : toProblems(checked.error)),
    ...findReferenceProblems(toml.value),
    ...findProtocolsProblems(toml.value['protocols']),
    ...findPeopleProblems(Object.keys(tableAt(toml.value, 'people'))),
    ...named.problems,
    ...findInputProblems(toml, overrides),
  ]
  const system = checked.success && problems.length === 0 ? assemble(checked.data, file, named, overrides) : null
  problems.push(...(system?.problems ?? []))
  const lines = formatProblems(problems, toml, file)
  if (named.inputProblem !== null) lines.push(`input given in place of the one in ${file}: ${named.inputProblem}`)
  if (system === null || lines.length > 0) throw configError(lines, file)
  return deepFreeze(system.value)
}

function formatProblems(problems: readonly Problem[], toml: TomlDocument, file: string): string[] {
  const placed = problems.map(({ path, text }) => ({ line: toml.lineOf(path), path: formatPath(path), text }))
  placed.sort((a, b) => a.line - b.line)
  return placed.map(({ line, path, text }) => `${file}:${line}: ${path === '' ? '' : `${path}: `}${text}`)
}

function findInputProblems({ value }: TomlDocument, { input }: SystemOverrides): Problem[] {
  const sends = Array.isArray(value['send']) ? (value['send'] as readonly unknown[]) : []
  const wanting = sends.findIndex((entry) => Object(entry)['content_from'] === 'input')
  if (wanting === -1 && input !== undefined) {
    const text = `takes no input, but ${show(input)} is given; expected content_from = "input" in a [[send]]`
    return [{ path: [], text }]
  }
  const declared = input !== undefined || Object(value['input'])['file'] !== undefined
  if (wanting === -1 || declared) return []
  return [
    {
      path: ['send', wanting, 'content_from'],
      text: 'has no input, expected [input] with a file, or one given to the run',
    },
  ]
}

/** Puts a system together and finds what only shows then: texts that are too large for whom they go to. */
function assemble(document: Document, file: string, named: NamedFiles, overrides: SystemOverrides) {
  const folder = dirname(file)
  const base = mergeLimits(DEFAULT_SETTINGS, document.limits)
  const input = overrides.input === undefined ? resolve(folder, document.input?.file ?? '') : resolve(overrides.input)
  const complete = ([name, agent]: [string, Document['agents'][string]]): AgentOptions => ({
    name,
    ...completeAgent(agent, base, (path) => resolve(folder, path)),
  })
  const agents = Object.entries(document.agents).map(complete)
  const templates = Object.entries(document.templates ?? {}).map(complete)
  const send = (document.send ?? []).map((entry) => toDraft(entry, named, folder, input))
  const goal = document.goal && {
    from: document.goal.from,
    performative: document.goal.performative,
    withinMs: document.goal.within ?? DEFAULT_WITHIN_MS,
  }
  const talk = {
    // Amounts that were read are amounts that can be written.
    conversations: (document.conversations ?? {}) as ConversationsInput,
    protocols: (document.protocols ?? {}) as Readonly<Record<string, ProtocolInput>>,
    people: (document.people ?? {}) as Readonly<Record<string, PersonInput>>,
  }
  const services = resolveServices(document.secrets ?? {}, document.tools ?? {}, folder)
  const value: System = {
    name: document.name,
    file: resolve(file),
    agents,
    templates,
    send,
    goal: goal ?? null,
    store: document.store ?? {},
    capabilities: (document.capabilities ?? {}) as CapabilitiesInput,
    ...services,
    ...talk,
  }
  const isolated = [
    ...agents.map((agent) => ({ agent, group: 'agents' })),
    ...templates.map((agent) => ({ agent, group: 'templates' })),
  ].flatMap(({ agent, group }) =>
    findPlaceProblems(agent).map(({ path, text }) => ({ path: [group, agent.name, ...path], text })),
  )
  const problems = [...findSizeProblems(value), ...findCountProblems(value), ...findServiceProblems(value)]
  return { value, problems: [...problems, ...isolated] }
}

function toDraft(entry: SendEntry, named: NamedFiles, folder: string, input: string): Draft {
  const { to, content, content_file, content_from, retain, ...header } = entry
  const textFile = content_from === 'input' ? input : content_file === undefined ? null : resolve(folder, content_file)
  const text = textFile === null ? content : JSON.stringify(named.texts.get(textFile))
  const given = Object.entries({ ...header, content: text }).filter(([, part]) => part !== undefined)
  const extras = retain === undefined ? {} : { extras: { 'x-retain': 'true' } }
  return { performative: entry.performative, ...Object.fromEntries(given), ...extras, receiver: to }
}

function findSizeProblems({ send, agents }: System): Problem[] {
  return send.flatMap(({ receiver, content }, index) => {
    const bytes = Buffer.byteLength(content ?? '')
    return receiversOf(receiver, agents)
      .filter(({ limits }) => bytes > limits.messageBytes)
      .map(({ name, limits }) => {
        const bound = `message_bytes of ${name} (${formatBytes(limits.messageBytes)})`
        return { path: ['send', index], text: `has ${formatBytes(bytes)} of content, expected at most ${bound}` }
      })
  })
}

function findCountProblems({ agents }: System): Problem[] {
  if (agents.length <= HOST_LIMITS.agents) return []
  return [{ path: ['agents'], text: `are ${agents.length}, expected at most ${HOST_LIMITS.agents}` }]
}
