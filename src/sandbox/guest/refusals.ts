import type { ErrorData } from '../../core/index.ts'

/** Refusals that are reported for one message; the rest is counted. */
const REFUSALS_REPORTED = 4

/** What the host refused one agent, while it handles a message. */
export class Refusals {
  readonly #agent: string
  readonly #emit: (refusal: ErrorData) => void
  #count = 0
  /** By code, so that they are counted even where they are not reported; null until the first. */
  #unreported: Map<ErrorData['code'], number> | null = null

  constructor(agent: string, emit: (refusal: ErrorData) => void) {
    this.#agent = agent
    this.#emit = emit
  }

  begin(): void {
    this.#count = 0
    this.#unreported = null
  }

  add(code: ErrorData['code'], data: ErrorData['data'] = {}, detail?: string): void {
    this.#count += 1
    if (this.#count > REFUSALS_REPORTED) {
      this.#unreported ??= new Map()
      this.#unreported.set(code, (this.#unreported.get(code) ?? 0) + 1)
      return
    }
    this.#emit({ code, ...(detail === undefined ? {} : { detail }), data: { agent: this.#agent, ...data } })
  }

  /** Reports how many were not reported one by one, once for each code. */
  finish(): void {
    for (const [code, unreported] of this.#unreported ?? []) {
      const data = { agent: this.#agent, unreported }
      this.#emit({ code, detail: `${unreported} more, not reported one by one`, data })
    }
  }
}
