/** Interaction protocols: tables, and what they make of a message. */
export type { Ask, DialogueState, Due, Refusal, Step } from './dialogue.ts'
export { actsOf, dueOf, end, expire, isEnded, judge, judgeOpening, take } from './dialogue.ts'
export type { DialogueRulebook, ProtocolRules, Side } from './rulebook.ts'
export { Rulebook } from './rulebook.ts'
export { FIPA_PROTOCOLS } from './tables.ts'
