import type { UndertakingSnapshot } from './conversation-snapshot.ts'
import { describeUndertaking } from './conversation-snapshot.ts'
import type { Passage, Trail } from './undertaking.ts'

/** What is kept beside a message that is under way, as data that JSON carries. */
export interface PassageSnapshot {
  readonly undertaking: UndertakingSnapshot
  /** Who began its conversation; null where it is in none. */
  readonly initiator: string | null
  readonly hops: number
  /** Asker, receiver and question of each question that led to it, the first one first. */
  readonly trail: readonly (readonly [string, string, string])[]
  readonly isSilent: boolean
}

export function takePassage({ undertaking, conversation, hops, trail, isSilent }: Passage): PassageSnapshot {
  const questions: [string, string, string][] = []
  for (let at = trail; at !== null; at = at.above) questions.unshift([at.asker, at.receiver, at.question])
  const initiator = conversation?.initiator ?? null
  return { undertaking: describeUndertaking(undertaking), initiator, hops, trail: questions, isSilent }
}

export function restoreTrail(trail: PassageSnapshot['trail']): Trail | null {
  let above: Trail | null = null
  for (const [index, [asker, receiver, question]] of trail.entries()) {
    above = { asker, receiver, question, above, depth: index + 1 }
  }
  return above
}
