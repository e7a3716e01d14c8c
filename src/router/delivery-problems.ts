import type { Agent } from '../agent/index.ts'
import type { Message } from '../core/index.ts'
import { asCaxtonError, CaxtonError, readTerms, topicOf } from '../core/index.ts'

/** Errors that say that there is no room now. */
export const OVERLOADED: ReadonlySet<string> = new Set(['ERR_LIMIT_FAN_OUT', 'ERR_LIMIT_JOURNAL', 'ERR_LIMIT_MAILBOX'])

/** Whether an agent does not take messages, at least for now. */
export function isGone(error: CaxtonError): boolean {
  return error.code === 'ERR_AGENT_NOT_RUNNING'
}

/** Whether a message to an agent must not be lost. */
export function isDurable(agent: Agent, { extras }: Message): boolean {
  if (agent.guarantee !== 'at-least-once') return false
  return extras === undefined || extras['x-delivery'] !== 'at-most-once'
}

/** Returns why an agent cannot take a message of that size at all, null if it can once there is room. */
export function findProblem(agent: Agent, message: Message, bytes: number): CaxtonError | null {
  if (message.extras !== undefined) {
    const problem = findTermsProblem(agent, message)
    if (problem !== null) return problem
  }
  if (!agent.takesMessages) {
    return new CaxtonError('ERR_AGENT_NOT_RUNNING', {
      detail: `'${agent.name}' is ${agent.state.phase}`,
      data: { agent: agent.name, phase: agent.state.phase },
    })
  }
  return findSizeProblem(agent, bytes)
}

/** Returns why a message of that size can never have room in the mailbox of an agent. */
export function findSizeProblem({ name, limits }: Agent, bytes: number): CaxtonError | null {
  const limit = Math.min(limits.messageBytes, limits.mailboxBytes)
  if (bytes <= limit) return null
  return new CaxtonError('ERR_LIMIT_MESSAGE_BYTES', { data: { agent: name, asked: bytes, limit } })
}

/** Returns what is wrong with how a message wants to be delivered. */
function findTermsProblem(agent: Agent, message: Message): CaxtonError | null {
  try {
    const { guarantee, isRetained } = readTerms(message)
    if (isRetained && topicOf(message.receiver) === null) {
      return new CaxtonError('ERR_MESSAGE_INVALID', { detail: 'x-retain: the receiver is no topic' })
    }
    if (guarantee !== 'at-least-once' || agent.guarantee === 'at-least-once') return null
  } catch (error) {
    return asCaxtonError(error)
  }
  return new CaxtonError('ERR_MESSAGE_GUARANTEE', { detail: `'${agent.name}'`, data: { agent: agent.name } })
}

export function mailboxFull(receiver: string): CaxtonError {
  return new CaxtonError('ERR_LIMIT_MAILBOX', { detail: `of '${receiver}'`, data: { receiver } })
}
