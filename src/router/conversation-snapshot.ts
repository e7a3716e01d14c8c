import type { ConversationLimits, ErrorData, Performative } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import { dialogueKey } from './conversation.ts'
import { FewNamed, FewTexts, FewThings } from './few.ts'
import type { Ask, DialogueState, Rulebook } from './protocols/index.ts'
import type { Spent, Undertaking } from './undertaking.ts'

/** What is remembered of all conversations, as data that JSON carries. */
export interface ConversationSnapshot {
  readonly undertakings: readonly UndertakingSnapshot[]
  readonly conversations: readonly OneConversationSnapshot[]
}

interface UndertakingSnapshot {
  readonly id: number
  readonly limits: ConversationLimits
  readonly startedMs: number
  readonly spent: Spent
  readonly stopped: ErrorData | null
  readonly told: readonly string[]
}

interface OneConversationSnapshot {
  readonly id: string
  readonly initiator: string
  readonly protocol: string | null
  readonly undertaking: number
  readonly participants: readonly string[]
  readonly openReplies: readonly string[]
  readonly asks: readonly (readonly [string, Ask])[]
  readonly roles: readonly (readonly [string, string])[]
  readonly dialogues: readonly DialogueState[]
  readonly messages: number
  readonly lastAct: Performative
}

/** What is kept of a message that is under way. */
export interface PassageSnapshot {
  readonly hops: number
  readonly initiator: string | null
}

export function takeSnapshot(all: Iterable<Conversation>): ConversationSnapshot {
  const undertakings = new Map<number, UndertakingSnapshot>()
  const conversations: OneConversationSnapshot[] = []
  for (const conversation of all) {
    const { undertaking, protocol, participants, openReplies, asks, roles, dialogues } = conversation
    const { id, limits, startedMs, spent, stopped, told } = undertaking
    if (!undertakings.has(id)) {
      const data = { id, limits, startedMs, spent: { ...spent }, stopped: stopped?.toData() ?? null, told: [...told] }
      undertakings.set(id, data)
    }
    conversations.push({
      id: conversation.id,
      initiator: conversation.initiator,
      protocol: protocol?.name ?? null,
      undertaking: id,
      participants: [...participants],
      openReplies: [...openReplies],
      asks: [...asks],
      roles: [...roles],
      dialogues: structuredClone([...dialogues.values()]),
      messages: conversation.messages,
      lastAct: conversation.lastAct,
    })
  }
  return { undertakings: [...undertakings.values()], conversations }
}

/** Makes conversations of a snapshot. One whose protocol is not known any more is stopped. */
export function restoreConversations(snapshot: ConversationSnapshot, protocols: Rulebook): Conversation[] {
  const undertakings = new Map<number, Undertaking>()
  for (const { stopped, told, spent, ...kept } of snapshot.undertakings) {
    const error = stopped === null ? null : CaxtonError.fromData(stopped)
    const fresh = {
      ...kept,
      spent: { ...spent },
      stopped: error,
      told: new FewThings(told),
      conversations: new FewThings<Conversation>(),
    }
    undertakings.set(kept.id, fresh)
  }
  return snapshot.conversations.map((kept) => {
    const undertaking = undertakings.get(kept.undertaking)!
    const protocol = kept.protocol === null ? null : (protocols.get(kept.protocol) ?? null)
    if (kept.protocol !== null && protocol === null) {
      undertaking.stopped ??= new CaxtonError('ERR_PROTOCOL_UNKNOWN', { detail: `'${kept.protocol}'` })
    }
    const dialogues = protocol === null ? [] : structuredClone(kept.dialogues as DialogueState[])
    const conversation: Conversation = {
      id: kept.id,
      initiator: kept.initiator,
      protocol,
      undertaking,
      participants: new FewTexts(kept.participants),
      openReplies: new FewTexts(kept.openReplies),
      asks: new FewNamed(kept.asks),
      roles: new FewNamed(kept.roles),
      dialogues: new FewNamed(
        dialogues.map((dialogue) => [dialogueKey(dialogue.opener, dialogue.partner), dialogue] as const),
      ),
      isRedirected: dialogues.some(({ answersTo }) => answersTo !== null),
      messages: kept.messages,
      lastAct: kept.lastAct,
      inFlight: 0,
      next: null,
      previous: null,
      shelf: null,
      before: null,
      after: null,
    }
    undertaking.conversations.add(conversation)
    return conversation
  })
}
