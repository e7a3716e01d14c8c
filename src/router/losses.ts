import type { Performative } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import type { ConversationBook } from './conversation-book.ts'
import type { ConversationsParts } from './conversations-parts.ts'
import type { Guards } from './guards.ts'
import type { DialogueState, Side } from './protocols/index.ts'

export interface LossesParts extends Pick<ConversationsParts, 'hub' | 'tell'> {
  readonly book: ConversationBook
  readonly guards: Guards
}

/** Tells those who wait in a dialogue that what they wait for will not come. */
export class Losses {
  readonly #parts: LossesParts

  constructor(parts: LossesParts) {
    this.#parts = parts
  }

  /** Ends the dialogues of an agent that is gone. Cost: linear in what is remembered. */
  loseAgent(agent: string): void {
    const { book, guards } = this.#parts
    const touched = [...book.all()].filter(({ protocol, participants }) => protocol !== null && participants.has(agent))
    for (const conversation of touched) {
      for (const dialogue of conversation.dialogues.values()) {
        if (dialogue.opener !== agent && dialogue.partner !== agent) continue
        if (!guards.end(conversation, dialogue, 'lost')) continue
        this.#tellLost(conversation, dialogue, dialogue.opener === agent ? 'partner' : 'opener')
      }
      book.settle(conversation)
    }
  }

  /**
   * Ends the dialogues whose last message was lost with the memory that it was in; both sides are told, except one that has heard
   * nothing yet.
   *
   * @param left ids of messages that were not lost
   */
  loseMessages(conversation: Conversation, left: ReadonlySet<string>): void {
    for (const dialogue of conversation.dialogues.values()) {
      const { underWay, asks } = dialogue
      if ((underWay ?? null) === null || left.has(underWay!)) continue
      dialogue.underWay = null
      if (!this.#parts.guards.end(conversation, dialogue, 'lost')) continue
      for (const side of ['opener', 'partner'] as const) {
        if (asks[side] !== null) this.#tellLost(conversation, dialogue, side)
      }
    }
    this.#parts.book.settle(conversation)
  }

  /** Tells one side of a dialogue that its deadline has passed. */
  tellLate(conversation: Conversation, dialogue: DialogueState, act: Performative, by: Side): void {
    const { hub, tell, book } = this.#parts
    const receiver = dialogue[by]
    const about = dialogue[otherSide(by)]
    const data = { protocol: conversation.protocol!.name, agent: about }
    const error = new CaxtonError('ERR_PROTOCOL_DEADLINE', { detail: `for an answer of '${about}'`, data })
    const { id } = conversation
    hub.emit({ type: 'expired', agent: receiver, conversation: id, about, act, error: error.toData() })
    tell({ receiver, act, conversation, ask: dialogue.asks[by], about, error })
    book.settle(conversation)
  }

  #tellLost(conversation: Conversation, dialogue: DialogueState, side: Side): void {
    const about = dialogue[otherSide(side)]
    const error = new CaxtonError('ERR_PROTOCOL_LOST', { detail: `'${about}'`, data: { agent: about } })
    this.#parts.tell({ receiver: dialogue[side], act: 'failure', conversation, ask: dialogue.asks[side], about, error })
  }
}

function otherSide(side: Side): Side {
  return side === 'opener' ? 'partner' : 'opener'
}
