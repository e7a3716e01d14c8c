import { asCaxtonError, CaxtonError, describeRate } from '../core/index.ts'
import type { Outcome } from '../sandbox/index.ts'
import { NO_USAGE } from '../sandbox/index.ts'
import type { Agent } from './agent.ts'
import type { Overdraft } from './throttle.ts'

type Subject = Pick<Agent, 'name' | 'state'>

/** Why an agent takes no message now. */
export function notRunning({ name, state }: Subject, detail?: string): CaxtonError {
  const data = { agent: name, phase: state.phase }
  return new CaxtonError('ERR_AGENT_NOT_RUNNING', { ...(detail === undefined ? {} : { detail }), data })
}

/** Why an agent that fails for `error` will not handle what it had. */
export function hasFailed({ name }: Subject, error: CaxtonError): CaxtonError {
  const data = { agent: name, phase: 'failed', reason: error.code }
  return new CaxtonError('ERR_AGENT_NOT_RUNNING', { detail: `the agent failed: ${error.message}`, data })
}

export function hasExpired({ name }: Subject, expiresMs: number): CaxtonError {
  return new CaxtonError('ERR_MESSAGE_EXPIRED', { data: { agent: name, expiresMs } })
}

export function stateError({ name, state }: Subject, what: string): CaxtonError {
  const detail = `agent '${name}' is ${state.phase} and cannot ${what}`
  return new CaxtonError('ERR_AGENT_STATE', { detail, data: { agent: name, phase: state.phase } })
}

export function rateError({ name }: Subject, { limit, rate }: Overdraft): CaxtonError {
  const data = { agent: name, limit, amount: rate.amount, periodMs: rate.periodMs }
  return new CaxtonError('ERR_LIMIT_RATE', { detail: describeRate(limit, rate), data })
}

export function badStart({ name }: Subject, status: number): CaxtonError {
  return new CaxtonError('ERR_GUEST_STATUS', { detail: `its start answered ${status}`, data: { agent: name, status } })
}

/** The outcome of a call whose sandbox broke its promise never to reject. */
export function lostOutcome(error: unknown): Outcome {
  return { status: -1, error: asCaxtonError(error), usage: NO_USAGE, effects: null }
}

/** Calls `end` with the outcome of a call, also when its sandbox broke its promise never to reject. */
export function endSafely(call: Promise<Outcome>, end: (outcome: Outcome) => void): void {
  call.then(end, (error: unknown) => end(lostOutcome(asCaxtonError(error))))
}
