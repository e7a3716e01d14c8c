import type { LoggedMessage } from '../../index.ts'

/** One arrow of a sequence diagram. */
export interface Arrow {
  /** Columns of the two ends; the same for a message to oneself. */
  readonly from: number
  readonly to: number
  readonly label: string
  /** Milliseconds after the first arrow. */
  readonly afterMs: number
  readonly failed: boolean
}

/** A conversation laid out: who takes part, from left to right, and what they say, from top to bottom. */
export interface Diagram {
  readonly title: string
  readonly participants: readonly string[]
  readonly arrows: readonly Arrow[]
  /** Arrows that are left out. */
  readonly left: number
}

/** Arrows of one diagram. */
export const MAX_ARROWS = 1_000
/** Participants of one diagram; the rest share the last column. */
export const MAX_PARTICIPANTS = 24
const OTHERS = '…'

/** Who got a message, or whom it was for as long as nobody has. */
export function receiverOf({ receiver, copyFor, end }: LoggedMessage): string {
  return end?.agent ?? copyFor ?? receiver
}

/** Lays out messages in their order; who speaks first stands first. */
export function layOut(title: string, messages: readonly LoggedMessage[]): Diagram {
  const participants: string[] = []
  const columnOf = (name: string): number => {
    const known = participants.indexOf(name)
    if (known !== -1) return known
    if (participants.length === MAX_PARTICIPANTS - 1) participants.push(OTHERS)
    if (participants.length >= MAX_PARTICIPANTS) return MAX_PARTICIPANTS - 1
    return participants.push(name) - 1
  }
  const startMs = messages[0]?.atMs ?? 0
  const arrows = messages.slice(0, MAX_ARROWS).map((message): Arrow => {
    const { sender, receiver, performative, atMs, copyFor, end } = message
    const failed = end !== null && (end.error !== null || end.status !== 0)
    return {
      // What was said to several went to what they were reached by, and from there to each of them.
      from: columnOf(copyFor === null ? sender : receiver),
      to: columnOf(receiverOf(message)),
      label: failed ? `${performative} ✗ ${end.error ?? `status ${end.status}`}` : performative,
      afterMs: atMs - startMs,
      failed,
    }
  })
  return { title, participants, arrows, left: Math.max(0, messages.length - MAX_ARROWS) }
}
