import type { Message } from '../core/index.ts'

/** A message that was accepted and is not yet handled. */
export interface AcceptedMessage {
  /** Grows with every message that is accepted, over restarts too: it proves the order of delivery. */
  readonly sequence: number
  /** The agent it is for, or `user`: a capability is resolved once. */
  readonly receiver: string
  /** Times that its handling was begun and its receiver was lost. */
  readonly attempts: number
  readonly acceptedMs: number
  readonly message: Message
}

export interface StoredMessage extends AcceptedMessage {
  /** What is kept beside it, as `Beside` wrote it; null for nothing. */
  readonly passage: string | null
}

/** What is to be written beside what is accepted: asked when a batch is made, so that what is over by then costs nothing. */
export interface Beside {
  /** A batch is about to be made: the last moment for what belongs into it. */
  beforeBatch(): void
  /** The message is about to be written for the first time: returns what is kept beside it, null for nothing. */
  describe(message: Message): string | null
}

export const NOTHING_BESIDE: Beside = Object.freeze({ beforeBatch: () => {}, describe: () => null })

/** A message that was given up. */
export interface DeadLetter extends AcceptedMessage {
  readonly deadMs: number
  /** An error code. */
  readonly reason: string
  readonly detail: string | null
}

export interface StoredTimer {
  readonly agent: string
  readonly id: number
  readonly dueMs: number
}

type Cell = string | number | null

/**
 * Changes that are committed together. It crosses threads: flat lists of cells, because to clone an object for each row
 * costs more than to write the row.
 */
export interface Batch {
  readonly number: number
  readonly timeMs: number
  /** The highest sequence that was given out. */
  readonly sequence: number
  /** Of each message: sequence, receiver, attempts, acceptedMs, header, content, passage. */
  readonly accepted: readonly Cell[]
  /** Sequences of messages that are no longer pending. */
  readonly settled: readonly number[]
  /** Sequence, attempts. */
  readonly retried: readonly number[]
  /** Of each: sequence, receiver, attempts, acceptedMs, header, content, deadMs, reason, detail, bytes. */
  readonly buried: readonly Cell[]
  /** Sequences of dead letters that are none any more. */
  readonly raised: readonly number[]
  readonly data: readonly { readonly agent: string; readonly key: string; readonly value: Uint8Array | null }[]
  /** Agent, id, dueMs; null for one that is gone. */
  readonly timers: readonly Cell[]
  /** Area, key, text; null for one that is gone. */
  readonly records: readonly Cell[]
  readonly seen: readonly string[]
  /** Entries of the inbox that are done. */
  readonly done: readonly number[]
  readonly history: string
  /** Whether the system has got over its start. */
  readonly isOverStart: boolean
}

export const ACCEPTED_CELLS = 7
export const BURIED_CELLS = 10

interface AcceptedRow {
  readonly message: Message
  /** Without what is kept beside it. */
  readonly cells: Cell[]
  readonly bytes: number
}

/** Collects what is committed next. What is undone before the commit is never written. */
export class Changes {
  #accepted = new Map<number, AcceptedRow>()
  #settled: number[] = []
  #retried = new Map<number, number>()
  #buried: Cell[] = []
  #raised: number[] = []
  #data = new Map<string, Batch['data'][number]>()
  #timers = new Map<string, readonly Cell[]>()
  #records = new Map<string, readonly Cell[]>()
  #seen: string[] = []
  #done: number[] = []
  #history: string[] = []
  #isOverStart = false
  #bytes = 0
  #isEmpty = true

  get isEmpty(): boolean {
    return this.#isEmpty
  }

  /** About what the changes take in memory. */
  get bytes(): number {
    return this.#bytes
  }

  accept(entry: AcceptedMessage, header: string, content: string | null): void {
    const { sequence, receiver, attempts, acceptedMs, message } = entry
    const cells = [sequence, receiver, attempts, acceptedMs, header, content]
    const bytes = header.length + (content?.length ?? 0)
    this.#accepted.set(sequence, { message, cells, bytes })
    this.#count(bytes)
  }

  /** Returns whether the message has been written before. */
  settle(sequence: number): boolean {
    const row = this.#accepted.get(sequence)
    if (row === undefined) this.#settled.push(sequence)
    else {
      this.#accepted.delete(sequence)
      this.#bytes -= row.bytes
    }
    this.#retried.delete(sequence)
    this.#count(8)
    return row === undefined
  }

  retry(sequence: number, attempts: number): void {
    const row = this.#accepted.get(sequence)
    if (row === undefined) this.#retried.set(sequence, attempts)
    else row.cells[2] = attempts
    this.#count(16)
  }

  /** The system has got over its start. */
  getOverStart(): void {
    this.#isOverStart = true
    this.#count(0)
  }

  /** Something will be put here when the batch is made. */
  expect(): void {
    this.#count(0)
  }

  bury(row: readonly Cell[], bytes: number): void {
    this.#buried.push(...row)
    this.#count(bytes)
  }

  raise(sequence: number): void {
    this.#raised.push(sequence)
    this.#count(8)
  }

  putData(agent: string, key: string, value: Uint8Array | null): void {
    this.#data.set(`${agent}\n${key}`, { agent, key, value })
    this.#count(key.length + (value?.length ?? 0))
  }

  putTimer(agent: string, id: number, dueMs: number | null): void {
    this.#timers.set(`${agent}\n${id}`, [agent, id, dueMs])
    this.#count(64)
  }

  putRecord(area: string, key: string, text: string | null): void {
    this.#records.set(`${area}\n${key}`, [area, key, text])
    this.#count(key.length + (text?.length ?? 0))
  }

  remember(id: string): void {
    this.#seen.push(id)
    this.#count(id.length)
  }

  finish(inboxId: number): void {
    this.#done.push(inboxId)
    this.#count(8)
  }

  note(line: string): void {
    this.#history.push(line)
    this.#count(line.length)
  }

  /** Takes all of it as one batch; nothing is left. */
  take(number: number, timeMs: number, sequence: number, beside: Pick<Beside, 'describe'>): Batch {
    const batch: Batch = {
      number,
      timeMs,
      sequence,
      accepted: flatten(this.#accepted, beside),
      settled: this.#settled,
      retried: [...this.#retried].flat(),
      buried: this.#buried,
      raised: this.#raised,
      data: [...this.#data.values()],
      timers: [...this.#timers.values()].flat(),
      records: [...this.#records.values()].flat(),
      seen: this.#seen,
      done: this.#done,
      history: this.#history.join('\n'),
      isOverStart: this.#isOverStart,
    }
    this.#accepted = new Map()
    this.#settled = []
    this.#retried = new Map()
    this.#buried = []
    this.#raised = []
    this.#data = new Map()
    this.#timers = new Map()
    this.#records = new Map()
    this.#seen = []
    this.#done = []
    this.#history = []
    this.#isOverStart = false
    this.#bytes = 0
    this.#isEmpty = true
    return batch
  }

  #count(bytes: number): void {
    this.#bytes += bytes
    this.#isEmpty = false
  }
}

function flatten(rows: ReadonlyMap<number, AcceptedRow>, beside: Pick<Beside, 'describe'>): Cell[] {
  const flat = new Array<Cell>(rows.size * ACCEPTED_CELLS)
  let at = 0
  for (const { cells, message } of rows.values()) {
    for (let cell = 0; cell < ACCEPTED_CELLS - 1; cell += 1) flat[at++] = cells[cell]!
    flat[at++] = beside.describe(message)
  }
  return flat
}
