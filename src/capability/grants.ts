/** Levels of the agent log, from the least to the most important. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export type RandomSource = { readonly source: 'secure' } | { readonly source: 'seeded'; readonly seed: number }

/**
 * What one agent may do. Absent means none: no field has a default that allows anything, because that would break the sandbox.
 */
export interface Grants {
  /**
   * Whom the agent may write to: agent names, `capability:<name>`, `user`, or `*` for everybody.
   * Answering the sender of the message being handled needs no grant.
   */
  readonly send: readonly string[]
  /** Capability names the agent may register. */
  readonly register: readonly string[]
  /** Least level that is kept; null keeps nothing: `log` cannot be imported, standard output and error are closed. */
  readonly log: LogLevel | null
  /** Real time in steps of this many microseconds; null gives no clock. Does not default to the host clock, because that would break the sandbox. */
  readonly clock: { readonly resolutionMicros: number } | null
  /** Random numbers; null gives none. */
  readonly random: RandomSource | null
}

export type GrantName = keyof Grants

export const NO_GRANTS: Grants = Object.freeze({
  send: Object.freeze([]),
  register: Object.freeze([]),
  log: null,
  clock: null,
  random: null,
})

/** One sentence for each grant, for the docs and for errors that name a missing one. */
export const GRANTS: Readonly<Record<GrantName, { readonly example: string; readonly sentence: string }>> = {
  send: {
    example: 'send = ["*"]',
    sentence: 'Whom the agent may write to: names, `capability:<name>`, `user`, or `*`.',
  },
  register: { example: 'register = ["count"]', sentence: 'Capability names the agent may register.' },
  log: { example: 'log = "info"', sentence: 'The agent may write log lines of this level and above.' },
  clock: { example: 'clock = "1ms"', sentence: 'The agent may read the time, in steps of this size.' },
  random: {
    example: 'random = "secure"',
    sentence: 'The agent may draw random numbers: "secure", or "seeded:<number>" for the same ones at every run.',
  },
}

/** Tells whether an agent may write to an address on its own account. */
export function maySend(grants: Grants, receiver: string): boolean {
  return grants.send.includes('*') || grants.send.includes(receiver)
}

/** Tells whether a grant is held at all. */
export function hasGrant(grants: Grants, name: GrantName): boolean {
  const grant = grants[name]
  return Array.isArray(grant) ? grant.length > 0 : grant !== null
}
