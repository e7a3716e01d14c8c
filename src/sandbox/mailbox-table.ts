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
 * 4. What is under way inside the thread of the owner is counted beside that, by that thread alone. Whoever takes room adds
 *    to its own count first and then looks at both: of two that take the last room at once, at most one gets it. That holds for
 *    each count by itself, so the halves of a word can be looked at one after the other.
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

/** A row, in words of 64 and of 32 bits. */
const ROW_WORDS = 8
const ROW_HALVES = 16
/** Halves of a row, behind its two words: capacities, the generation once more, and what is under way inside the thread. */
const CAPACITIES = 4
const GENERATION = 7
const LOCAL_MESSAGES = 8
const LOCAL_BYTES = 9
const LOCAL_OUTSTANDING = 10
/** Word 0: 12 bits of generation, 20 of messages, 32 of bytes. Word 1: 12 bits of generation, 20 unused, 32 of outstanding messages. */
const BYTES_BITS = 32n
const COUNT_BITS = 52n
const BYTES_MASK = 2n ** BYTES_BITS - 1n
const COUNT_MASK = 2n ** COUNT_BITS - 1n
const ONE_MESSAGE = 1n << BYTES_BITS
const GENERATIONS = 2 ** 12
/** Of the upper half of a word. */
const MESSAGES_BITS = 20
const MESSAGES_MASK = 2 ** MESSAGES_BITS - 1
/** Halves of a word: a number of 64 bits costs an allocation, and one more for each part that is taken out of it. */
const LOWER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1
const UPPER = 1 - LOWER

export class MailboxTable {
  readonly buffer: SharedArrayBuffer
  readonly #words: BigUint64Array
  readonly #halves: Int32Array

  /** Takes the buffer of another thread's table. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#words = new BigUint64Array(buffer)
    this.#halves = new Int32Array(buffer)
  }

  static create(slotCount: number): MailboxTable {
    return new MailboxTable(new SharedArrayBuffer(slotCount * ROW_WORDS * 8))
  }

  /** Begins a new generation with nothing used. Main thread only. */
  open(index: number, capacities: Capacities): Slot {
    const generation = Number(Atomics.load(this.#words, index * ROW_WORDS) >> COUNT_BITS)
    const at = index * ROW_HALVES
    this.#halves[at + CAPACITIES] = capacities.mailboxMessages
    this.#halves[at + CAPACITIES + 1] = capacities.mailboxBytes
    this.#halves[at + CAPACITIES + 2] = capacities.outstandingMessages
    for (const local of [LOCAL_MESSAGES, LOCAL_BYTES, LOCAL_OUTSTANDING]) Atomics.store(this.#halves, at + local, 0)
    Atomics.store(this.#halves, at + GENERATION, generation)
    return { index, generation }
  }

  /** Ends a generation: what was reserved in it is forgotten. Main thread only. */
  close(slot: Slot): void {
    const next = (slot.generation + 1) % GENERATIONS
    const at = slot.index * ROW_HALVES
    Atomics.store(this.#halves, at + GENERATION, next)
    Atomics.store(this.#words, slot.index * ROW_WORDS, BigInt(next) << COUNT_BITS)
    Atomics.store(this.#words, slot.index * ROW_WORDS + 1, BigInt(next) << COUNT_BITS)
    this.#halves.fill(0, at + CAPACITIES, at + GENERATION)
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
    // What the threads of their owners have noted meanwhile is looked at once more.
    if (sender === null || this.hasPlace(sender)) {
      if (receiver === null || this.#takeRoom(receiver, bytes)) {
        journal[0] = 2
        if (receiver === null || this.hasRoom(receiver)) return true
      }
    }
    this.undo(journal)
    return false
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

  /** Takes room and a place that were taken inside a thread that is gone, whatever else is taken: its count ends afterwards. */
  adopt(receiver: Slot | null, sender: Slot | null, bytes: number): void {
    if (receiver !== null) this.#add(receiver, 0, ONE_MESSAGE + BigInt(bytes))
    if (sender !== null) this.#add(sender, 1, 1n)
  }

  /** Notes what is in the mailbox of an agent from inside its thread. That thread only, and the main thread once it is gone. */
  noteLocalMail({ index, generation }: Slot, messages: number, bytes: number): void {
    const at = index * ROW_HALVES
    if (Atomics.load(this.#halves, at + GENERATION) !== generation) return
    Atomics.store(this.#halves, at + LOCAL_MESSAGES, messages)
    Atomics.store(this.#halves, at + LOCAL_BYTES, bytes)
  }

  /** Notes how many messages of an agent wait inside its thread. Whoever may call `noteLocalMail`. */
  noteLocalOutstanding({ index, generation }: Slot, messages: number): void {
    const at = index * ROW_HALVES
    if (Atomics.load(this.#halves, at + GENERATION) === generation) {
      Atomics.store(this.#halves, at + LOCAL_OUTSTANDING, messages)
    }
  }

  /** Tells whether everything that is noted and reserved in a mailbox is within its capacities. */
  hasRoom({ index, generation }: Slot): boolean {
    const at = index * ROW_HALVES
    const upper = Atomics.load(this.#halves, at + UPPER)
    return upper >>> MESSAGES_BITS === generation && this.#fits(at, upper & MESSAGES_MASK, this.#lower(at))
  }

  /** Tells whether everything that is noted and reserved of a sender is within its capacity. */
  hasPlace({ index, generation }: Slot): boolean {
    const at = index * ROW_HALVES
    const upper = Atomics.load(this.#halves, at + 2 + UPPER)
    return upper >>> MESSAGES_BITS === generation && this.#fitsOutstanding(at, this.#lower(at + 2))
  }

  read({ index }: Slot): SlotUse {
    const at = index * ROW_HALVES
    const upper = Atomics.load(this.#halves, at + UPPER)
    return {
      messages: (upper & MESSAGES_MASK) + Atomics.load(this.#halves, at + LOCAL_MESSAGES),
      bytes: this.#lower(at) + Atomics.load(this.#halves, at + LOCAL_BYTES),
      outstanding: this.#lower(at + 2) + Atomics.load(this.#halves, at + LOCAL_OUTSTANDING),
    }
  }

  /** The lower half of the word that begins at that half. */
  #lower(at: number): number {
    return Atomics.load(this.#halves, at + LOWER) >>> 0
  }

  /** Whether a mailbox in which so much is reserved, and what is noted beside it, is within its capacities. */
  #fits(at: number, reservedMessages: number, reservedBytes: number): boolean {
    const messages = reservedMessages + Atomics.load(this.#halves, at + LOCAL_MESSAGES)
    const bytes = reservedBytes + Atomics.load(this.#halves, at + LOCAL_BYTES)
    return messages <= this.#halves[at + CAPACITIES]! && bytes <= this.#halves[at + CAPACITIES + 1]!
  }

  #fitsOutstanding(at: number, reserved: number): boolean {
    const outstanding = reserved + Atomics.load(this.#halves, at + LOCAL_OUTSTANDING)
    return outstanding <= this.#halves[at + CAPACITIES + 2]!
  }

  /** The capacities bound what a word can hold: an addition is tried only where its result is within them. */
  #takeRoom({ index, generation }: Slot, bytes: number): boolean {
    const added = ONE_MESSAGE + BigInt(bytes)
    for (;;) {
      const word = Atomics.load(this.#words, index * ROW_WORDS)
      if (Number(word >> COUNT_BITS) !== generation) return false
      const messages = Number((word & COUNT_MASK) >> BYTES_BITS) + 1
      if (!this.#fits(index * ROW_HALVES, messages, Number(word & BYTES_MASK) + bytes)) return false
      if (Atomics.compareExchange(this.#words, index * ROW_WORDS, word, word + added) === word) return true
    }
  }

  #giveRoom({ index, generation }: Slot, bytes: number): void {
    for (;;) {
      const word = Atomics.load(this.#words, index * ROW_WORDS)
      if (Number(word >> COUNT_BITS) !== generation) return
      if ((word & COUNT_MASK) < ONE_MESSAGE || Number(word & BYTES_MASK) < bytes) return
      const next = word - ONE_MESSAGE - BigInt(bytes)
      if (Atomics.compareExchange(this.#words, index * ROW_WORDS, word, next) === word) return
    }
  }

  #takePlace({ index, generation }: Slot): boolean {
    for (;;) {
      const word = Atomics.load(this.#words, index * ROW_WORDS + 1)
      if (Number(word >> COUNT_BITS) !== generation) return false
      if (!this.#fitsOutstanding(index * ROW_HALVES, Number(word & BYTES_MASK) + 1)) return false
      if (Atomics.compareExchange(this.#words, index * ROW_WORDS + 1, word, word + 1n) === word) return true
    }
  }

  #givePlace({ index, generation }: Slot): void {
    for (;;) {
      const word = Atomics.load(this.#words, index * ROW_WORDS + 1)
      if (Number(word >> COUNT_BITS) !== generation || (word & COUNT_MASK) === 0n) return
      if (Atomics.compareExchange(this.#words, index * ROW_WORDS + 1, word, word - 1n) === word) return
    }
  }

  #add({ index, generation }: Slot, which: 0 | 1, added: bigint): void {
    for (;;) {
      const word = Atomics.load(this.#words, index * ROW_WORDS + which)
      if (Number(word >> COUNT_BITS) !== generation) return
      if (Atomics.compareExchange(this.#words, index * ROW_WORDS + which, word, word + added) === word) return
    }
  }
}
