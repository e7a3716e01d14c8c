/**
 * The operating system counts the CPU time of a thread in steps of some milliseconds. A guest that runs does not wait, so
 * for calls shorter than this wall time stands for it.
 */
const CPU_STEP_MS = 10

/** A look at the clock of the operating system serves the begin of all calls within so many milliseconds. */
const SAMPLE_MS = 1

/** CPU time of the thread. Asking the operating system for it costs as much as a small call. */
export class CpuClock {
  #sampledMs = Number.NEGATIVE_INFINITY
  #sampleMs = 0

  /** Returns the CPU time of the thread, milliseconds. */
  readMs(): number {
    const { user, system } = process.threadCpuUsage()
    return (user + system) / 1_000
  }

  /** Returns about the same, as if the thread had run since the last look: at most `SAMPLE_MS` too much. */
  guessMs(nowMs: number): number {
    if (nowMs - this.#sampledMs >= SAMPLE_MS) {
      this.#sampleMs = this.readMs()
      this.#sampledMs = nowMs
    }
    return this.#sampleMs + nowMs - this.#sampledMs
  }
}

/** Time and CPU time of one call, without what it waited between slices. */
export class CallClock {
  readonly #cpu: CpuClock
  #isRunning = false
  #startedMs = 0
  #startedCpuMs = 0
  /** Of what has ended of the call. */
  #ranMs = 0
  #ranCpuMs = 0

  constructor(cpu: CpuClock) {
    this.#cpu = cpu
  }

  /** A call begins. */
  begin(): void {
    this.#isRunning = true
    this.#startedMs = performance.now()
    this.#startedCpuMs = this.#cpu.guessMs(this.#startedMs)
    this.#ranMs = 0
    this.#ranCpuMs = 0
  }

  /** The call is suspended. */
  stop(): void {
    this.#ranMs = this.ranMs()
    this.#ranCpuMs = this.#readCpuMs()
    this.#isRunning = false
  }

  /** The call goes on. */
  resume(): void {
    this.#isRunning = true
    this.#startedMs = performance.now()
    this.#startedCpuMs = this.#cpu.readMs()
  }

  /** Milliseconds that the call has run. */
  ranMs(): number {
    return this.#isRunning ? this.#ranMs + performance.now() - this.#startedMs : this.#ranMs
  }

  /** Milliseconds of CPU time of a call that has run for so long. */
  cpuMs(wallMs: number): number {
    return wallMs < CPU_STEP_MS ? wallMs : Math.min(this.#readCpuMs(), wallMs)
  }

  #readCpuMs(): number {
    return this.#isRunning ? this.#ranCpuMs + Math.max(0, this.#cpu.readMs() - this.#startedCpuMs) : this.#ranCpuMs
  }
}
