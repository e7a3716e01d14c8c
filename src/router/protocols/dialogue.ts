import type { Message, Performative } from '../../core/index.ts'
import { CaxtonError, COMMON_ENDS, deadlineOf, START_STATE } from '../../core/index.ts'
import type { DialogueRulebook, ProtocolRules, Side } from './rulebook.ts'

/** What an answer to the last message of one side has to name. */
export interface Ask {
  readonly messageId: string
  readonly replyWith: string | null
}

/** When the side that waits is told that nothing came. */
export interface Due {
  readonly atMs: number
  readonly by: Side
}

/** Where two agents stand. Plain data: it is written to the journal as it is. */
export interface DialogueState {
  /** Place among the dialogues of the protocol. */
  readonly kind: number
  readonly opener: string
  readonly partner: string
  state: string
  /** Whether the partner can only be late in `state`: a deadline has passed, or the opener has ended it. */
  isLate: boolean
  /** Whom the partner may answer beside the opener: the `reply_to` of what it was asked. */
  answersTo: string | null
  /** The `cancel` that waits for its answer, with its own deadline. */
  cancelling: (Ask & { readonly due: Due | null }) | null
  due: Due | null
  /** The message that took the last step, as long as it waits or is handled. */
  underWay: string | null
  readonly asks: { opener: Ask | null; partner: Ask | null }
}

/** A message that fits: what it does when it is delivered. */
export interface Step {
  /** Null: the message opens a dialogue of this kind. */
  readonly dialogue: DialogueState | null
  readonly kind: number
  readonly side: Side
  readonly next: string
  readonly effect: 'move' | 'cancel' | 'keep'
}

/** A message that does not fit, and what its sender is told. */
export interface Refusal {
  readonly error: CaxtonError
  readonly act: Performative
}

/** Whether nothing has to follow any more. */
export function isEnded(rules: DialogueRulebook, { state }: DialogueState): boolean {
  return rules.ends.has(state) || COMMON_ENDS.some((end) => end === state)
}

/** Returns the acts that one side may say now by the table; null once the dialogue has ended. */
export function actsOf(protocol: ProtocolRules, dialogue: DialogueState, side: Side): Performative[] | null {
  const rules = protocol.dialogues[dialogue.kind]!
  const acts = [...(rules.states.get(dialogue.state)?.[side].keys() ?? [])]
  return acts.length === 0 && isEnded(rules, dialogue) ? null : acts
}

/** Returns the deadline that counts now. */
export function dueOf({ cancelling, due }: DialogueState): Due | null {
  return cancelling?.due ?? due
}

/** Judges a message within a dialogue that exists. Changes nothing. */
export function judge(protocol: ProtocolRules, dialogue: DialogueState, message: Message): Step | Refusal {
  const rules = protocol.dialogues[dialogue.kind]!
  const side: Side = message.sender === dialogue.opener ? 'opener' : 'partner'
  const step = { dialogue, kind: dialogue.kind, side }
  const act = message.performative
  if (side === 'partner' && answersCancel(dialogue, message)) {
    return act === 'inform'
      ? { ...step, next: 'cancelled', effect: 'move' }
      : { ...step, next: dialogue.state, effect: 'keep' }
  }
  const next = rules.states.get(dialogue.state)?.[side].get(act)
  if (next !== undefined) {
    return side === 'opener' || answersLast(dialogue, message)
      ? { ...step, next, effect: 'move' }
      : refuseOther(protocol, rules, dialogue, message)
  }
  if (isEnded(rules, dialogue)) return refuse(protocol, rules, dialogue, side, message)
  if (act === 'not-understood') return { ...step, next: 'not-understood', effect: 'move' }
  if (act === 'cancel' && side === 'opener' && rules.cancel && dialogue.cancelling === null) {
    return { ...step, next: dialogue.state, effect: 'cancel' }
  }
  return refuse(protocol, rules, dialogue, side, message)
}

/** Judges a message that would open a dialogue between an agent in one role and one that may be in another. Changes nothing. */
export function judgeOpening(
  protocol: ProtocolRules,
  message: Message,
  senderRole: string | undefined,
  receiverRole: string | undefined,
): Step | Refusal {
  for (const [kind, rules] of protocol.dialogues.entries()) {
    if (rules.opener !== senderRole || (receiverRole ?? rules.partner) !== rules.partner) continue
    const next = rules.states.get(START_STATE)?.opener.get(message.performative)
    if (next !== undefined) return { dialogue: null, kind, side: 'opener', next, effect: 'move' }
  }
  const openings = protocol.dialogues.filter(({ opener }) => opener === senderRole)
  const expected = openings.flatMap(({ states }) => [...(states.get(START_STATE)?.opener.keys() ?? [])])
  return { error: outOfTurn(protocol, message, START_STATE, expected), act: 'not-understood' }
}

/** Takes a step whose message was delivered to `receiver`. Returns the dialogue. */
export function take(protocol: ProtocolRules, step: Step, message: Message, receiver: string): DialogueState {
  const dialogue = step.dialogue ?? open(step.kind, message.sender, receiver)
  const rules = protocol.dialogues[step.kind]!
  const ask: Ask = { messageId: message.message_id, replyWith: message.reply_with ?? null }
  const atMs = deadlineOf(message)
  if (step.effect === 'cancel') {
    dialogue.cancelling = { ...ask, due: atMs === null ? null : { atMs, by: 'opener' } }
    return dialogue
  }
  if (step.effect === 'keep' || step.next === 'cancelled') dialogue.cancelling = null
  if (step.effect === 'keep') return dialogue
  dialogue.state = step.next
  dialogue.isLate = step.side === 'opener' && rules.ends.has(step.next)
  dialogue.asks[step.side] = ask
  if (step.side === 'opener') dialogue.answersTo = message.reply_to ?? null
  dialogue.due = dueAfter(rules, dialogue, step.side, message, atMs)
  if (isEnded(rules, dialogue)) dialogue.cancelling = null
  return dialogue
}

/**
 * Lets a deadline pass: the dialogue goes where its table says.
 *
 * @returns the act that the waiting side is told; null when nothing is waited for any more
 */
export function expire(protocol: ProtocolRules, dialogue: DialogueState): Performative | null {
  const rules = protocol.dialogues[dialogue.kind]!
  const isCancelling = dialogue.cancelling !== null && dialogue.cancelling.due !== null
  dialogue.due = null
  dialogue.cancelling = null
  if (isEnded(rules, dialogue)) return null
  if (isCancelling) {
    dialogue.state = 'cancelled'
    return 'failure'
  }
  const deadline = rules.states.get(dialogue.state)?.deadline
  if (deadline === undefined || deadline === null) return null
  dialogue.state = deadline.next
  dialogue.isLate = true
  return deadline.act
}

/** Ends a dialogue for a reason that is not in its table. False when it has ended already. */
export function end(protocol: ProtocolRules, dialogue: DialogueState, state: (typeof COMMON_ENDS)[number]): boolean {
  dialogue.due = null
  dialogue.cancelling = null
  const isOver = isEnded(protocol.dialogues[dialogue.kind]!, dialogue)
  // One that rests in an end that takes more messages takes none from now on.
  dialogue.state = state
  return !isOver
}

function open(kind: number, opener: string, partner: string): DialogueState {
  const asks = { opener: null, partner: null }
  const idle = { isLate: false, answersTo: null, cancelling: null, due: null, underWay: null }
  return { kind, opener, partner, state: START_STATE, ...idle, asks }
}

/** `agree` promises an answer and is none: the deadline of what was asked goes on. */
function dueAfter(
  rules: DialogueRulebook,
  { state, due }: DialogueState,
  by: Side,
  { performative }: Message,
  atMs: number | null,
): Due | null {
  if ((rules.states.get(state)?.deadline ?? null) === null) return null
  if (atMs !== null) return { atMs, by }
  return performative === 'agree' ? due : null
}

/** A `cancel` without `reply_with` is answered by what answers nothing else. */
function answersCancel({ cancelling }: DialogueState, { performative, in_reply_to: answered }: Message): boolean {
  if (cancelling === null || (performative !== 'inform' && performative !== 'failure')) return false
  return (answered ?? null) === cancelling.replyWith
}

/** Whoever asked with `reply_with` waits for that: no other answer may end the wait. */
function answersLast({ asks }: DialogueState, { in_reply_to: answered }: Message): boolean {
  const replyWith = asks.opener?.replyWith ?? null
  return replyWith === null || answered === replyWith
}

/** Refuses an answer to something else than what was asked last, such as a bid for an earlier round. */
function refuseOther(
  protocol: ProtocolRules,
  rules: DialogueRulebook,
  { state, asks }: DialogueState,
  { performative, in_reply_to: answered, sender }: Message,
): Refusal {
  const late = answered === undefined ? undefined : rules.late.get(performative)
  if (late !== undefined) return { error: tooLate(protocol), act: late }
  const replyWith = asks.opener?.replyWith ?? ''
  const detail = `${performative} of '${sender}' in state ${state} of ${protocol.name}, expected in_reply_to '${replyWith}'`
  const data = { protocol: protocol.name, state, act: performative, in_reply_to: replyWith }
  return { error: new CaxtonError('ERR_PROTOCOL_TURN', { detail, data }), act: 'not-understood' }
}

function tooLate({ name }: ProtocolRules): CaxtonError {
  return new CaxtonError('ERR_PROTOCOL_DEADLINE', { detail: 'it came too late', data: { protocol: name } })
}

function refuse(
  protocol: ProtocolRules,
  rules: DialogueRulebook,
  dialogue: DialogueState,
  side: Side,
  message: Message,
): Refusal {
  const state = rules.states.get(dialogue.state)
  const act = dialogue.isLate ? rules.late.get(message.performative) : undefined
  const error =
    act === undefined
      ? outOfTurn(protocol, message, dialogue.state, [...(state?.[side].keys() ?? [])])
      : tooLate(protocol)
  return { error, act: act ?? 'not-understood' }
}

function outOfTurn({ name }: ProtocolRules, message: Message, state: string, expected: readonly string[]): CaxtonError {
  const { performative: act, sender } = message
  const wanted = expected.length === 0 ? 'nothing' : [...new Set(expected)].join(', ')
  return new CaxtonError('ERR_PROTOCOL_TURN', {
    detail: `${act} of '${sender}' in state ${state} of ${name}, expected ${wanted}`,
    data: { protocol: name, state, act, expected: [...new Set(expected)] },
  })
}
