import type { ErrorData, Performative } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import { dialogueKey } from './conversation.ts'
import { FewNamed, FewTexts } from './few.ts'
import type { Ask, DialogueState, Rulebook } from './protocols/index.ts'
import type { Budget, Spent, Undertaking } from './undertaking.ts'

/** What is remembered of all conversations, as data that JSON carries. */
export interface ConversationSnapshot {
  readonly undertakings: readonly UndertakingSnapshot[]
  readonly conversations: readonly OneConversationSnapshot[]
}

export interface UndertakingSnapshot {
  readonly id: number
  readonly protocol: string | null
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

export function describeUndertaking(undertaking: Undertaking): UndertakingSnapshot {
  const { id, protocol, startedMs, spent, stopped, told } = undertaking
  return { id, protocol, startedMs, spent: { ...spent }, stopped: stopped?.toData() ?? null, told: [...told] }
}

/** Puts together what is kept of undertakings in several places, each as of its time: what was used only grows. */
export function mergeUndertakings(all: Iterable<UndertakingSnapshot>): UndertakingSnapshot[] {
  const merged = new Map<number, UndertakingSnapshot>()
  for (const one of all) {
    const other = merged.get(one.id)
    merged.set(one.id, other === undefined ? one : mergeTwo(one, other))
  }
  return [...merged.values()]
}

function mergeTwo(a: UndertakingSnapshot, b: UndertakingSnapshot): UndertakingSnapshot {
  const spent = { ...a.spent }
  for (const budget of Object.keys(spent) as Budget[]) spent[budget] = Math.max(spent[budget], b.spent[budget])
  return { ...a, spent, stopped: a.stopped ?? b.stopped, told: [...new Set([...a.told, ...b.told])] }
}

export function takeSnapshot(all: Iterable<Conversation>): ConversationSnapshot {
  const undertakings = new Map<number, UndertakingSnapshot>()
  const conversations: OneConversationSnapshot[] = []
  for (const conversation of all) {
    const { undertaking, protocol, participants, openReplies, asks, roles, dialogues } = conversation
    if (!undertakings.has(undertaking.id)) undertakings.set(undertaking.id, describeUndertaking(undertaking))
    conversations.push({
      id: conversation.id,
      initiator: conversation.initiator,
      protocol: protocol?.name ?? null,
      undertaking: undertaking.id,
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
export function restoreConversations(
  snapshot: ConversationSnapshot,
  protocols: Rulebook,
  undertakings: ReadonlyMap<number, Undertaking>,
): Conversation[] {
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
