import type { Answer, Status } from '../capability/index.ts'
import { STATUS } from '../capability/index.ts'
import type { CaxtonError, ErrorCode } from '../core/index.ts'
import { asCaxtonError } from '../core/index.ts'

export const NO_BYTES = new Uint8Array()

const STATUSES: Readonly<Partial<Record<ErrorCode, Status>>> = {
  ERR_GRANT_MISSING: STATUS.DENIED,
  ERR_HTTP_REFUSED: STATUS.DENIED,
  ERR_TOOL_REFUSED: STATUS.DENIED,
  ERR_HTTP_LIMIT: STATUS.LIMIT,
  ERR_TOOL_LIMIT: STATUS.LIMIT,
  ERR_GUARD_BUDGET: STATUS.LIMIT,
  ERR_LIMIT_MAILBOX: STATUS.MAILBOX_FULL,
  ERR_MESSAGE_INVALID: STATUS.INVALID,
  ERR_REQUEST_DEADLINE: STATUS.TIMEOUT,
  ERR_DELEGATION_WIDER: STATUS.DENIED,
  ERR_DELEGATION_UNUSABLE: STATUS.DENIED,
  ERR_DELEGATION_HOLDER: STATUS.NOT_FOUND,
  ERR_LIMIT_DELEGATIONS: STATUS.LIMIT,
  ERR_SPAWN_REFUSED: STATUS.DENIED,
  ERR_LIMIT_SPAWNED: STATUS.LIMIT,
  ERR_LIMIT_AGENTS: STATUS.LIMIT,
  ERR_AGENT_NAME_TAKEN: STATUS.INVALID,
  ERR_CONFIG_INVALID: STATUS.INVALID,
}

/** Which part of a limit decides what the guest is told. */
const LIMIT_STATUSES: Readonly<Record<string, Status>> = {
  timeout: STATUS.TIMEOUT,
  request_bytes: STATUS.TOO_LARGE,
  response_bytes: STATUS.TOO_LARGE,
}

/** Answers with a JSON text that the guest takes by `take_result`. */
export function answerJson(value: Readonly<Record<string, unknown>>): Answer {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(value)))
  return { status: bytes.length, bytes }
}

/** Reads the JSON text of an object; null for anything else. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null
  } catch {
    return null
  }
}

/** Turns what went wrong into the number that the guest gets: the words stay with the host. */
export function failAsk(thrown: unknown): { readonly answer: Answer; readonly error: CaxtonError } {
  const error = asCaxtonError(thrown)
  const limit = LIMIT_STATUSES[String(error.data['limit'])]
  const status = limit ?? STATUSES[error.code] ?? STATUS.FAILED
  return { answer: { status, bytes: NO_BYTES }, error }
}
