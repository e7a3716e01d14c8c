import type { ErrorCode, ErrorData } from '../core/index.ts'

/** How often the host refused something, by the code of the refusal. */
export type RefusalCounts = Readonly<Partial<Record<ErrorCode, number>>>

/** Counts what the host refused to one agent. Holds one number for each code and the last refusal, never more. */
export class Refusals {
  readonly #counts = new Map<ErrorCode, number>()
  #total = 0
  #last: ErrorData | null = null

  /** Counts a refusal; one that stands for many (`data.unreported`) counts as that many and is not the last one itself. */
  add(refusal: ErrorData): void {
    const unreported = refusal.data?.['unreported']
    const count = typeof unreported === 'number' ? unreported : 1
    this.#total += count
    this.#counts.set(refusal.code, (this.#counts.get(refusal.code) ?? 0) + count)
    if (typeof unreported !== 'number' || this.#last === null) this.#last = Object.freeze({ ...refusal })
  }

  get total(): number {
    return this.#total
  }

  /** The last refusal that was reported by itself. */
  get last(): ErrorData | null {
    return this.#last
  }

  byCode(): RefusalCounts {
    return Object.freeze(Object.fromEntries(this.#counts))
  }
}
