/*
 * Room in mailboxes, counted in memory that all threads share.
 *
 * A slot is one mailbox and the messages its owner has in the mailboxes of others. Slots are opened and closed by the main
 * thread alone; any thread reserves.
 *
 * 1. What is accepted never exceeds a capacity: count, bytes and generation are one word, changed by compare-and-swap.
 * 2. A reservation or release of an earlier generation changes nothing.
 * 3. A thread that is stopped in the middle of a reservation has it in its journal: between a swap that succeeded and the
 *    note of it nothing can stop a thread, because V8 stops JavaScript at calls and at loop ends only.
 */

/** One opening of one slot. It crosses threads. */
export interface Slot {
  readonly index: number
  readonly generation: number
}

export interface Capacities {
  readonly mailboxMessages: number
  readonly mailboxBytes: number
  readonly outstandingMessages: number
}

/** What is used of a slot now. */
export interface SlotUse {
  readonly messages: number
  readonly bytes: number
  readonly outstanding: number
}

/** Int32 words of a journal: stage, receiver slot and generation, sender slot and generation, bytes. */
export const JOURNAL_WORDS = 6

const ROW_BYTES = 32
/** Word 0: 13 bits of generation, 20 of messages, 31 of bytes. Word 1: 13 bits of generation, 51 of outstanding messages. */
const BYTES_BITS = 31n
const COUNT_BITS = 51n
const BYTES_MASK = 2n ** BYTES_BITS - 1n
const COUNT_MASK = 2n ** COUNT_BITS - 1n
const ONE_MESSAGE = 1n << BYTES_BITS
const GENERATIONS = 2 ** 13

export class MailboxTable {
  readonly buffer: SharedArrayBuffer
  readonly #words: BigUint64Array
  readonly #capacities: Int32Array

  /** Takes the buffer of another thread's table. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#words = new BigUint64Array(buffer)
    this.#capacities = new Int32Array(buffer)
  }

  static create(slotCount: number): MailboxTable {
    return new MailboxTable(new SharedArrayBuffer(slotCount * ROW_BYTES))
  }

  /** Begins a new generation with nothing used. Main thread only. */
  open(index: number, capacities: Capacities): Slot {
    this.#capacities[index * 8 + 4] = capacities.mailboxMessages
    this.#capacities[index * 8 + 5] = capacities.mailboxBytes
    this.#capacities[index * 8 + 6] = capacities.outstandingMessages
    return { index, generation: Number(Atomics.load(this.#words, index * 4) >> COUNT_BITS) }
  }

  /** Ends a generation: what was reserved in it is forgotten. Main thread only. */
  close(slot: Slot): void {
    const next = BigInt((slot.generation + 1) % GENERATIONS) << COUNT_BITS
    Atomics.store(this.#words, slot.index * 4, next)
    Atomics.store(this.#words, slot.index * 4 + 1, next)
    this.#capacities.fill(0, slot.index * 8 + 4, slot.index * 8 + 7)
  }

  /**
   * Takes room for one message in the mailbox of `receiver` and a place among the outstanding messages of `sender`, both or
   * nothing; a null party is not counted. On success the reservation stays in the journal until `journal[0]` is set to 0.
   */
  reserve(receiver: Slot | null, sender: Slot | null, bytes: number, journal: Int32Array): boolean {
    journal[1] = receiver?.index ?? -1
    journal[2] = receiver?.generation ?? 0
    journal[3] = sender?.index ?? -1
    journal[4] = sender?.generation ?? 0
    journal[5] = bytes
    if (sender !== null && !this.#takePlace(sender)) return false
    journal[0] = 1
    if (receiver !== null && !this.#takeRoom(receiver, bytes)) {
      this.undo(journal)
      return false
    }
    journal[0] = 2
    return true
  }

  release(receiver: Slot | null, sender: Slot | null, bytes: number): void {
    if (receiver !== null) this.#giveRoom(receiver, bytes)
    if (sender !== null) this.#givePlace(sender)
  }

  /** Takes back a reservation that a journal still holds. */
  undo(journal: Int32Array): void {
    if (journal[0] === 2) {
      if (journal[1]! >= 0) this.#giveRoom({ index: journal[1]!, generation: journal[2]! }, journal[5]!)
      journal[0] = 1
    }
    if (journal[0] === 1) {
      if (journal[3]! >= 0) this.#givePlace({ index: journal[3]!, generation: journal[4]! })
      journal[0] = 0
    }
  }

  read({ index }: Slot): SlotUse {
    const word = Atomics.load(this.#words, index * 4)
    return {
      messages: Number((word & COUNT_MASK) >> BYTES_BITS),
      bytes: Number(word & BYTES_MASK),
      outstanding: Number(Atomics.load(this.#words, index * 4 + 1) & COUNT_MASK),
    }
  }

  #takeRoom({ index, generation }: Slot, bytes: number): boolean {
    const added = ONE_MESSAGE + BigInt(bytes)
    for (;;) {
      const word = Atomics.load(this.#words, index * 4)
      if (Number(word >> COUNT_BITS) !== generation) return false
      if (Number((word & COUNT_MASK) >> BYTES_BITS) >= this.#capacities[index * 8 + 4]!) return false
      if (Number(word & BYTES_MASK) + bytes > this.#capacities[index * 8 + 5]!) return false
      if (Atomics.compareExchange(this.#words, index * 4, word, word + added) === word) return true
    }
  }

  #giveRoom({ index, generation }: Slot, bytes: number): void {
    for (;;) {
      const word = Atomics.load(this.#words, index * 4)
      if (Number(word >> COUNT_BITS) !== generation) return
      if ((word & COUNT_MASK) < ONE_MESSAGE || Number(word & BYTES_MASK) < bytes) return
      const next = word - ONE_MESSAGE - BigInt(bytes)
      if (Atomics.compareExchange(this.#words, index * 4, word, next) === word) return
    }
  }

  #takePlace({ index, generation }: Slot): boolean {
    for (;;) {
      const word = Atomics.load(this.#words, index * 4 + 1)
      if (Number(word >> COUNT_BITS) !== generation) return false
      if (Number(word & COUNT_MASK) >= this.#capacities[index * 8 + 6]!) return false
      if (Atomics.compareExchange(this.#words, index * 4 + 1, word, word + 1n) === word) return true
    }
  }

  #givePlace({ index, generation }: Slot): void {
    for (;;) {
      const word = Atomics.load(this.#words, index * 4 + 1)
      if (Number(word >> COUNT_BITS) !== generation || (word & COUNT_MASK) === 0n) return
      if (Atomics.compareExchange(this.#words, index * 4 + 1, word, word - 1n) === word) return
    }
  }
}
