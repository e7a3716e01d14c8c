import { CaxtonError } from '../core/index.ts'

/**
 * Where an agent is in its life.
 *
 * `loaded`: known, not yet started, takes messages and keeps them. `running`: handles messages. `draining`: handles what it
 * has, takes nothing new. `stopped` and `failed` are final.
 */
export type AgentState =
  | { readonly phase: 'loaded' }
  | { readonly phase: 'running' }
  | { readonly phase: 'draining' }
  | { readonly phase: 'stopped' }
  | { readonly phase: 'failed'; readonly reason: CaxtonError }

export type AgentPhase = AgentState['phase']

/** The phases that may follow each phase. */
export const NEXT_PHASES: Readonly<Record<AgentPhase, readonly AgentPhase[]>> = {
  loaded: ['running', 'stopped', 'failed'],
  running: ['draining', 'stopped', 'failed'],
  draining: ['stopped', 'failed'],
  stopped: [],
  failed: [],
}

/** Tells whether an agent in this phase takes messages. */
export function takesMessages(phase: AgentPhase): boolean {
  return phase === 'loaded' || phase === 'running'
}

/** Tells whether nothing can follow this phase. */
export function isFinal(phase: AgentPhase): boolean {
  return phase === 'stopped' || phase === 'failed'
}

/** Returns the next state if it may follow. @throws CaxtonError ERR_INTERNAL */
export function follow(from: AgentState, to: AgentState): AgentState {
  if (!NEXT_PHASES[from.phase].includes(to.phase)) {
    throw new CaxtonError('ERR_INTERNAL', { detail: `an agent cannot go from ${from.phase} to ${to.phase}` })
  }
  return to
}
