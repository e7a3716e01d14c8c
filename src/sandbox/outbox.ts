import type { MessagePort } from 'node:worker_threads'
import type { Heartbeat } from './heartbeat.ts'
import { LEDGER_MESSAGES } from './heartbeat.ts'
import type { FromWorker } from './protocol.ts'
import type { Batch, SentMessage } from './wire.ts'
import { writeFromWorker, writeSend } from './wire.ts'

/** What a worker thread tells the main thread, in order, until it is posted. */
export class Outbox {
  readonly #port: MessagePort
  readonly #heartbeat: Heartbeat
  #batch: Batch = []

  constructor(port: MessagePort, heartbeat: Heartbeat) {
    this.#port = port
    this.#heartbeat = heartbeat
  }

  get batch(): Batch {
    return this.#batch
  }

  post(message: FromWorker): void {
    writeFromWorker(this.#batch, message)
  }

  /** Posts a message whose reservation is in the journal. */
  postSend(message: SentMessage): void {
    const { journal, ledger } = this.#heartbeat
    if (ledger[0] === LEDGER_MESSAGES) this.flush()
    writeSend(this.#batch, message, journal, ledger)
  }

  /** Posts what waits. Nothing can stop the thread between the three steps: see `MailboxTable`, 3. */
  flush(): void {
    if (this.#batch.length === 0) return
    this.#port.postMessage(this.#batch)
    this.#heartbeat.ledger[0] = 0
    this.#batch = []
  }
}
