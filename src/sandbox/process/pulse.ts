/** Questions without an answer after which a process is given up. */
const UNANSWERED = 4
/** Milliseconds that a process may take to start, on a machine with better things to do. */
const START_MS = 60_000

export interface PulseParts {
  ping(): void
  /** Milliseconds within which some call must end, as the limits of those that wait allow. */
  patienceMs(): number
  onSilent(detail: string): void
}

export interface PulseOptions {
  /** Milliseconds without an answer after which a process is given up. */
  readonly silenceMs: number
}

/**
 * Watches a process while calls wait for it, and at no other time.
 *
 * Ticks are counted, not time: a host that was busy itself does not blame a process whose answer it has not read yet. That
 * calls end at all is looked at when an answer has come, since what was said before has been read by then.
 */
export class Pulse {
  readonly #parts: PulseParts
  readonly #silenceMs: number
  #timer: NodeJS.Timeout | null = null
  #unanswered = 0
  #isUp = false
  #progressMs = 0

  constructor(parts: PulseParts, { silenceMs }: PulseOptions) {
    this.#parts = parts
    this.#silenceMs = silenceMs
  }

  start(): void {
    this.#unanswered = 0
    this.#progressMs = performance.now()
    this.#timer ??= setInterval(() => this.#tick(), this.#silenceMs / UNANSWERED).unref()
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }

  /** The process has started. */
  noteUp(): void {
    this.#isUp = true
    this.#unanswered = 0
    this.noteProgress()
  }

  /** A call has ended. */
  noteProgress(): void {
    this.#progressMs = performance.now()
  }

  /** The process has answered. */
  noteAnswer(): void {
    this.#unanswered = 0
    const patienceMs = this.#silenceMs + this.#parts.patienceMs()
    if (this.#timer === null || performance.now() - this.#progressMs <= patienceMs) return
    this.#parts.onSilent(`no call ended for ${patienceMs} ms`)
  }

  #tick(): void {
    const most = this.#isUp ? UNANSWERED : Math.ceil((UNANSWERED * START_MS) / this.#silenceMs)
    this.#unanswered += 1
    if (this.#unanswered > most) this.#parts.onSilent(`it was silent for ${(most * this.#silenceMs) / UNANSWERED} ms`)
    else if (this.#isUp) this.#parts.ping()
  }
}
