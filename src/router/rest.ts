/** Counts what is under way and tells when nothing is. */
export class Rest {
  #underWay = 0
  #resting: PromiseWithResolvers<void> | null = null

  get isResting(): boolean {
    return this.#underWay === 0
  }

  begin(): void {
    this.#underWay += 1
  }

  /** Ends one thing. Call it after everything that follows from it has begun. */
  end(): void {
    this.#underWay -= 1
    if (this.#underWay > 0) return
    this.#resting?.resolve()
    this.#resting = null
  }

  /** Resolves when nothing is under way; at once if that is so now. */
  wait(): Promise<void> {
    if (this.isResting) return Promise.resolve()
    this.#resting ??= Promise.withResolvers()
    return this.#resting.promise
  }
}
