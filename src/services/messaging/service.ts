import type { Answer, Ask } from '../../capability/index.ts'
import { STATUS } from '../../capability/index.ts'
import { formatMessage } from '../../core/index.ts'
import type { Router } from '../../router/index.ts'
import { NO_BYTES, parseObject } from '../answers.ts'

/** Replies that agents wait for. The message that is replied to goes the way of all messages. */
export class MessagingService {
  readonly #router: Pick<Router, 'waitForReply'>

  constructor(router: Pick<Router, 'waitForReply'>) {
    this.#router = router
  }

  /** Answers `request`: the reply, as JSON text. Never rejects. */
  async answer(agent: string, ask: Ask, signal: AbortSignal): Promise<Answer> {
    const wanted = parseQuestion(ask.text)
    if (wanted === null) return { status: STATUS.INVALID, bytes: NO_BYTES }
    const reply = await this.#router.waitForReply(agent, wanted.replyWith, wanted.deadlineMs, signal)
    if (reply === null) return { status: STATUS.TIMEOUT, bytes: NO_BYTES }
    const bytes = new Uint8Array(Buffer.from(formatMessage(reply)))
    return { status: bytes.length, bytes }
  }
}

/** Reads what the host call of a guest writes; null for anything else, which a process in other hands could say. */
function parseQuestion(text: string): { readonly replyWith: string; readonly deadlineMs: number } | null {
  const { reply_with: replyWith, deadline_ms: deadlineMs } = parseObject(text) ?? {}
  const isFit = typeof replyWith === 'string' && Number.isSafeInteger(deadlineMs) && Number(deadlineMs) >= 0
  return isFit ? { replyWith, deadlineMs: Number(deadlineMs) } : null
}
