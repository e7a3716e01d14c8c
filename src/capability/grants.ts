import { isCoveredBy, isHumanAddress, topicOf } from '../core/index.ts'
import type { HttpRule } from './http-grant.ts'

/** Levels of the agent log, from the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Files that are seen at a place: in memory, made anew with the agent, or in a directory of the host. */
export type FilesGrant = MemoryFilesGrant | HostFilesGrant

export interface MemoryFilesGrant {
  readonly kind: 'memory'
  /** Where the guest sees them: an absolute path without `.`, `..` and a slash at its end. */
  readonly at: string
  /** Sizes of all files together, holes included. */
  readonly bytes: number
  /** Files, directories and links together. */
  readonly files: number
  /** What is there when the agent starts; null is nothing. */
  readonly preload: FilesPreload | null
}

export type FilesPreload =
  /** Copies of what a directory of the host holds. */
  | { readonly kind: 'directory'; readonly path: string }
  /** Files by their paths. */
  | { readonly kind: 'texts'; readonly texts: Readonly<Record<string, string>> }

export interface HostFilesGrant {
  readonly kind: 'host'
  readonly at: string
  /** The directory of the host. Links in it lead nowhere outside of it. */
  readonly path: string
  /** `ro` changes nothing: no content, name or time, but what the host notes of the last access. */
  readonly access: 'ro' | 'rw'
  /** Bytes by which the guest may let its files grow while the agent lives. */
  readonly bytes: number
  /** Files, directories and links that it may make while the agent lives. */
  readonly files: number
}

export type RandomSource = { readonly source: 'secure' } | { readonly source: 'seeded'; readonly seed: number }

/** How much an agent may store. */
export interface StoreGrant {
  /** Bytes of keys and values. */
  readonly bytes: number
  readonly keys: number
}

/** Grants that can be passed on: those whose use is decided on the main thread, so that it can be stopped at any time. */
export const DELEGABLE = ['http', 'tools'] as const
export type DelegableName = (typeof DELEGABLE)[number]

export interface SpawnGrant {
  /** Names of `[templates.<name>]` in the system. */
  readonly templates: readonly string[]
  /** Agents at once, those that they start in turn included. */
  readonly agents: number
}

/**
 * What one agent may do. Absent means none: no field has a default that allows anything, because that would break the sandbox.
 */
export interface Grants {
  /**
   * Whom the agent may write to: agent names, `capability:<name>`, `human:<name>`, `user`, or `*` for everybody but people, who
   * are named one by one: their attention is no part of the system. No topics.
   * Answering the sender of the message being handled needs no grant.
   */
  readonly send: readonly string[]
  /** Topics that the agent may publish to, as patterns; a message to `topic:<name>` needs this, not `send`. */
  readonly publish: readonly string[]
  /** Patterns over topics: the agent may subscribe to what one of them covers whole. */
  readonly subscribe: readonly string[]
  /** Capability names the agent may register. */
  readonly register: readonly string[]
  /** Capability names of which the agent may find out who offers them, or `*` for all. */
  readonly directory: readonly string[]
  /** Least level that is kept; null keeps nothing: `log` cannot be imported, standard output and error are closed. */
  readonly log: LogLevel | null
  /** Real time in steps of this many microseconds; null gives no clock. Does not default to the host clock, because that would break the sandbox. */
  readonly clock: { readonly resolutionMicros: number } | null
  /** Random numbers; null gives none. */
  readonly random: RandomSource | null
  /** Environment of a WASI program; empty gives none. Does not default to that of the host, because that would break the sandbox. */
  readonly env: Readonly<Record<string, string>>
  /** Files; empty gives none. Does not default to a directory of the host, because that would break the sandbox. */
  readonly files: readonly FilesGrant[]
  /** What the agent may keep from message to message; null keeps nothing. */
  readonly store: StoreGrant | null
  /** Timers that may be set at once; null gives none. */
  readonly timers: number | null
  /** Requests that the agent may make of the network. Does not default to any host, because that would break the sandbox. */
  readonly http: readonly HttpRule[]
  /** Tools that the agent may call: `<server>/<tool>`, or `<server>/*` for all of a server. */
  readonly tools: readonly string[]
  /** Grants that the agent may pass on to others, whole or in part. */
  readonly delegate: readonly DelegableName[]
  /** Agents that it may start; null starts none. */
  readonly spawn: SpawnGrant | null
}

export type GrantName = keyof Grants

export const NO_GRANTS: Grants = Object.freeze({
  send: Object.freeze([]),
  publish: Object.freeze([]),
  subscribe: Object.freeze([]),
  register: Object.freeze([]),
  directory: Object.freeze([]),
  log: null,
  clock: null,
  random: null,
  env: Object.freeze({}),
  files: Object.freeze([]),
  store: null,
  timers: null,
  http: Object.freeze([]),
  tools: Object.freeze([]),
  delegate: Object.freeze([]),
  spawn: null,
})

/** One sentence for each grant, for the docs and for errors that name a missing one. */
export const GRANTS: Readonly<Record<GrantName, { readonly example: string; readonly sentence: string }>> = {
  send: {
    example: 'send = ["*"]',
    sentence:
      'Whom the agent may write to: names, `capability:<name>`, `human:<name>`, `user`, or `*` for all of them but people. Topics are ' +
      'not among them.',
  },
  publish: {
    example: 'publish = ["prices.*"]',
    sentence:
      'Topics that the agent may publish to: patterns, in which `*` stands for one token and a final `>` for the rest.',
  },
  subscribe: {
    example: 'subscribe = ["prices.>"]',
    sentence: 'Topics that the agent may subscribe to: patterns that are covered whole by one of these.',
  },
  register: { example: 'register = ["count"]', sentence: 'Capability names the agent may register.' },
  directory: {
    example: 'directory = ["count"]',
    sentence: 'Capability names of which the agent may find out who offers them, or `*` for all.',
  },
  log: { example: 'log = "info"', sentence: 'The agent may write log lines of this level and above.' },
  clock: { example: 'clock = "1ms"', sentence: 'The agent may read the time, in steps of this size.' },
  random: {
    example: 'random = "secure"',
    sentence: 'The agent may draw random numbers: "secure", or "seeded:<number>" for the same ones at every run.',
  },
  env: { example: 'env = { LANG = "C" }', sentence: 'The environment that a WASI program sees.' },
  files: {
    example: 'files = [{ at = "/data", host = "data", access = "ro" }, { at = "/tmp", memory = "16MiB" }]',
    sentence:
      'The files that a WASI program sees: a directory of the host, read-only unless `access = "rw"`, or files in memory, made anew with ' +
      'the agent and filled from `preload`, a directory or a table of texts. `bytes` and `files` bound how much may be added.',
  },
  store: {
    example: 'store = { bytes = "1MiB", keys = 1000 }',
    sentence:
      'The agent may store data of its own, so many bytes under so many keys. It lasts as long as the data of the system.',
  },
  timers: { example: 'timers = 16', sentence: 'The agent may have so many timers set at once.' },
  http: {
    example: 'http = [{ url = "https://api.example.com/v1/*", methods = ["GET"] }]',
    sentence:
      'Requests that the agent may make: scheme, host, port, path and methods of each. Addresses that are not public are refused unless the rule names them; headers with secrets are filled by the host.',
  },
  tools: {
    example: 'tools = ["weather/forecast"]',
    sentence: 'Tools that the agent may call, of the servers under `[tools]`: `<server>/<tool>`, or `<server>/*`.',
  },
  delegate: {
    example: 'delegate = ["http"]',
    sentence: 'Grants that the agent may pass on to others, whole or in part: `http` and `tools`.',
  },
  spawn: {
    example: 'spawn = { templates = ["worker"], agents = 4 }',
    sentence:
      'The agent may start agents of these templates under `[templates]`, so many at once, whose grants are not wider than its own.',
  },
}

/** Tells whether an agent may write to an address on its own account. */
export function maySend(grants: Grants, receiver: string): boolean {
  const topic = topicOf(receiver)
  if (topic !== null) return isCoveredBy(topic, grants.publish)
  return covers(grants.send, receiver)
}

/** Tells whether a list of addresses stands for that one, too. */
export function covers(addresses: readonly string[], address: string): boolean {
  return addresses.includes(address) || (addresses.includes('*') && !isHumanAddress(address))
}

/** Names an agent that was started by another one: nobody else's name begins like this. */
export function spawnedName(starter: string, name: string): string {
  return `${starter}.${name}`
}

/** Tells whether a name is that of an agent which `starter` may have started. */
export function isSpawnedBy(name: string, starter: string): boolean {
  return name.startsWith(`${starter}.`)
}

/** Tells whether an agent may find out who offers a capability. */
export function mayLookUp(granted: Grants['directory'], capability: string): boolean {
  return granted.includes('*') || granted.includes(capability)
}

/** Tells whether a grant is held at all. */
export function hasGrant(grants: Grants, name: GrantName): boolean {
  const grant = grants[name]
  if (Array.isArray(grant)) return grant.length > 0
  return name === 'env' ? Object.keys(grants.env).length > 0 : grant !== null
}
