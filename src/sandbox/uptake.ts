/**
 * Counts what one thread posts to another, in a word that both share: how the one that posts knows whether the other has anything
 * left to do. Each of the two has an object of its own.
 */
export class Uptake {
  readonly #taken: Int32Array
  /** What has been posted, wrapping around: 1 more with each post. */
  posted = 0

  /** @param taken one word */
  constructor(taken: Int32Array) {
    this.#taken = taken
  }

  /** Whether the other has taken all of it. */
  get isTaken(): boolean {
    return Atomics.load(this.#taken, 0) === this.posted
  }

  /** In the other thread: takes one more. */
  noteTaken(): void {
    Atomics.add(this.#taken, 0, 1)
  }
}
