import type { Clock, Performative } from '../core/index.ts'
import type { Conversation } from './conversation.ts'
import type { Deadline } from './deadline-queue.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { DialogueState, Side } from './protocols/index.ts'
import { dueOf, expire } from './protocols/index.ts'
import type { Rest } from './rest.ts'
import type { Undertaking } from './undertaking.ts'

export interface PromiseBookParts {
  readonly clock: Clock
  readonly rest: Rest
  /** Whether a party may answer after this process has ended. */
  isOutside(party: string): boolean
  /** A deadline has passed and the dialogue has gone on: whoever waited is told by that act. */
  onLate(conversation: Conversation, dialogue: DialogueState, act: Performative, by: Side): void
  /** The time of an undertaking in which somebody may wait is up. */
  onOver(undertaking: Undertaking): void
}

/**
 * Who has promised what by when: a deadline for each dialogue that has one, and for each undertaking that has dialogues.
 *
 * A deadline of a dialogue counts as under way, since something will happen, unless it is for somebody outside; the time of an
 * undertaking does not.
 */
export class PromiseBook {
  readonly #parts: PromiseBookParts
  readonly #dueQueue: DeadlineQueue
  readonly #timeQueue: DeadlineQueue
  readonly #dues = new Map<DialogueState, Deadline>()
  /** Those of them that count as under way. */
  readonly #holding = new Set<DialogueState>()
  readonly #times = new Map<Undertaking, Deadline>()
  #holdsRest = true

  constructor(parts: PromiseBookParts) {
    this.#parts = parts
    const nowMs = () => parts.clock.nowMs()
    this.#dueQueue = new DeadlineQueue({ nowMs, keepsAlive: true })
    this.#timeQueue = new DeadlineQueue({ nowMs, keepsAlive: false })
  }

  /** Follows what has become of a dialogue: its deadline is set, moved or gone. */
  follow(conversation: Conversation, dialogue: DialogueState): void {
    const due = dueOf(dialogue)
    const set = this.#dues.get(dialogue)
    if (set === undefined ? due === null : set.atMs === due?.atMs) return
    if (due === null) {
      this.drop(dialogue)
      return
    }
    if (set !== undefined) this.#dueQueue.remove(set)
    if (this.#parts.isOutside(due.by === 'opener' ? dialogue.partner : dialogue.opener)) this.#letRest(dialogue)
    else this.#holdRest(dialogue)
    this.#dues.set(
      dialogue,
      this.#dueQueue.add(due.atMs, () => this.#pass(conversation, dialogue)),
    )
  }

  /** Takes the deadline of a dialogue back. */
  drop(dialogue: DialogueState): void {
    const set = this.#dues.get(dialogue)
    if (set === undefined) return
    this.#dues.delete(dialogue)
    this.#dueQueue.remove(set)
    this.#letRest(dialogue)
  }

  /** Watches the time of an undertaking from now on. */
  watch(undertaking: Undertaking): void {
    if (this.#times.has(undertaking)) return
    const { startedMs, limits } = undertaking
    const onPast = () => {
      this.#times.delete(undertaking)
      this.#parts.onOver(undertaking)
    }
    this.#times.set(undertaking, this.#timeQueue.add(startedMs + limits.wallMs, onPast))
  }

  forget(undertaking: Undertaking): void {
    const set = this.#times.get(undertaking)
    if (set === undefined) return
    this.#times.delete(undertaking)
    this.#timeQueue.remove(set)
  }

  run(): void {
    this.#dueQueue.run()
    this.#timeQueue.run()
  }

  releaseRest(): void {
    if (!this.#holdsRest) return
    this.#holdsRest = false
    for (let left = this.#holding.size; left > 0; left -= 1) this.#parts.rest.end()
    this.#holding.clear()
  }

  close(): void {
    this.releaseRest()
    this.#dues.clear()
    this.#times.clear()
    this.#dueQueue.clear()
    this.#timeQueue.clear()
  }

  #pass(conversation: Conversation, dialogue: DialogueState): void {
    const by = dueOf(dialogue)?.by ?? 'opener'
    this.#dues.delete(dialogue)
    const act = expire(conversation.protocol!, dialogue)
    if (act !== null) this.#parts.onLate(conversation, dialogue, act, by)
    this.#letRest(dialogue)
  }

  #holdRest(dialogue: DialogueState): void {
    if (!this.#holdsRest || this.#holding.has(dialogue)) return
    this.#holding.add(dialogue)
    this.#parts.rest.begin()
  }

  #letRest(dialogue: DialogueState): void {
    if (this.#holding.delete(dialogue)) this.#parts.rest.end()
  }
}
