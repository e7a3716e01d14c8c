import type { DatabaseSync } from 'node:sqlite'
import type { Alarm } from '../../src/core/index.ts'
import { openDatabase } from '../../src/store/database.ts'
import type { DirectoryLock } from '../../src/store/directory.ts'
import { lockDirectory } from '../../src/store/directory.ts'
import { Writer } from '../../src/store/writer.ts'
import type { StartWriter, WriterListener } from '../../src/store/writer-port.ts'
import type { FromWriter, ToWriter, WriterData } from '../../src/store/writer-protocol.ts'

/**
 * The writer itself, in the thread of the test, which says when it works and when its disk is full. What it has not been given
 * is lost when it crashes, as what is under way to a thread is when the process dies.
 */
export class SteeredWriter {
  readonly #alarm: Alarm
  #life: Life | null = null
  #isStalled = false

  constructor(alarm: Alarm) {
    this.#alarm = alarm
  }

  /** For `StoreParts`. */
  readonly start: StartWriter = (data, listener) => {
    const life = new Life(data, listener, this.#alarm)
    this.#life = life
    return {
      post: (message) => {
        life.posted.push(message)
        if (!this.#isStalled) setImmediate(() => life.work())
      },
      ref: () => {},
      unref: () => {},
    }
  }

  /** Lets posted batches wait, or works on those that do. */
  stall(isStalled: boolean): void {
    this.#isStalled = isStalled
    if (!isStalled) this.#life?.work()
  }

  /** The process is gone: what was not committed is lost, nobody hears anything any more. */
  crash(): void {
    this.#life?.end()
    this.#life = null
    this.#isStalled = false
  }

  /** Lets the disk take so many pages more and no others; null: all that come. */
  limitPages(count: number | null): void {
    const database = this.#life?.database ?? null
    if (database === null) return
    const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
    database.exec(`PRAGMA max_page_count = ${count === null ? 2 ** 32 - 2 : pages + count}`)
  }
}

class Life {
  readonly posted: ToWriter[] = []
  database: DatabaseSync | null = null
  readonly #writer: Writer
  #lock: DirectoryLock | null = null
  #isOver = false

  constructor(data: WriterData, listener: WriterListener, alarm: Alarm) {
    const tell = (run: () => void) => queueMicrotask(() => this.#isOver || run())
    this.#writer = new Writer(
      {
        alarm: { set: (delayMs, run) => alarm.set(delayMs, () => this.#isOver || run()) },
        lockDirectory: (directory) => {
          this.#lock = lockDirectory(directory)
          return this.#lock
        },
        openDatabase: (file, synchronous) => {
          this.database = openDatabase(file, synchronous)
          return this.database
        },
        tell: (message: FromWriter) => tell(() => listener.onMessage(message)),
        onEnd: () => tell(() => listener.onExit()),
      },
      data,
    )
    queueMicrotask(() => this.#writer.open())
  }

  work(): void {
    if (this.#isOver) return
    for (const message of this.posted.splice(0)) this.#writer.receive(message)
  }

  /** Lets go of the directory as it is. */
  end(): void {
    this.#isOver = true
    if (this.database?.isOpen !== true) return
    this.database.close()
    this.#lock?.release()
  }
}
