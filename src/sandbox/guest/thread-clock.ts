// Imported: the global of that name is an accessor, which every use calls.
import { performance } from 'node:perf_hooks'

/**
 * The operating system counts the CPU time of a thread in steps of some milliseconds. A guest that runs does not wait, so
 * for calls shorter than this wall time stands for it.
 */
const CPU_STEP_MS = 10

/** A look at the clock of the operating system serves the begin of all calls within so many milliseconds. */
const SAMPLE_MS = 1

/**
 * Time and CPU time of the thread. Asking for either costs a good part of a small call: one look serves the end of a turn and the
 * begin of the next.
 */
export class ThreadClock {
  #nowMs = 0
  #sampledMs = Number.NEGATIVE_INFINITY
  #sampleMs = 0

  /** Looks at the clock: milliseconds of `performance.now()`. */
  look(): number {
    this.#nowMs = performance.now()
    return this.#nowMs
  }

  /** What the last look has shown. */
  get nowMs(): number {
    return this.#nowMs
  }

  /** Returns the CPU time of the thread, milliseconds. */
  readMs(): number {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  }

  /** Returns about the same, as if the thread had run since it was last read: at most `SAMPLE_MS` too much. */
  guessMs(): number {
    const nowMs = this.#nowMs
    if (nowMs - this.#sampledMs >= SAMPLE_MS) {
      this.#sampleMs = this.readMs()
      this.#sampledMs = nowMs
    }
    return this.#sampleMs + nowMs - this.#sampledMs
  }
}

/** Time and CPU time of one call, without what it waited between slices. */
export class CallClock {
  readonly #thread: ThreadClock
  #isRunning = false
  #startedMs = 0
  #startedCpuMs = 0
  /** Of what has ended of the call. */
  #ranMs = 0
  #ranCpuMs = 0

  constructor(thread: ThreadClock) {
    this.#thread = thread
  }

  /** A call begins, at the last look. */
  begin(): void {
    this.#isRunning = true
    this.#startedMs = this.#thread.nowMs
    this.#startedCpuMs = this.#thread.guessMs()
    this.#ranMs = 0
    this.#ranCpuMs = 0
  }

  /** The call is suspended. Answers the CPU time since it began or went on, milliseconds, in steps of some of them. */
  stop(): number {
    const [ranMs, ranCpuMs] = [this.ranMs(), this.#readCpuMs()]
    const cpuMs = Math.min(ranMs - this.#ranMs, ranCpuMs - this.#ranCpuMs)
    this.#ranMs = ranMs
    this.#ranCpuMs = ranCpuMs
    this.#isRunning = false
    return cpuMs
  }

  /** The call goes on. */
  resume(): void {
    this.#isRunning = true
    this.#startedMs = this.#thread.look()
    this.#startedCpuMs = this.#thread.readMs()
  }

  /** Milliseconds that the call has run. */
  ranMs(): number {
    return this.#isRunning ? this.#ranMs + this.#thread.look() - this.#startedMs : this.#ranMs
  }

  /** Milliseconds of CPU time of a call that has run for so long. */
  cpuMs(wallMs: number): number {
    return wallMs < CPU_STEP_MS ? wallMs : Math.min(this.#readCpuMs(), wallMs)
  }

  #readCpuMs(): number {
    return this.#isRunning ? this.#ranCpuMs + Math.max(0, this.#thread.readMs() - this.#startedCpuMs) : this.#ranCpuMs
  }
}
