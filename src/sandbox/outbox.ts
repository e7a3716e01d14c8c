import type { MessagePort } from 'node:worker_threads'
import type { CallResult } from './guest/call-result.ts'
import type { Heartbeat } from './heartbeat.ts'
import { LEDGER_MESSAGES } from './heartbeat.ts'
import type { FromWorker } from './protocol.ts'
import type { SentMessage } from './report.ts'
import { ReportWriter } from './report.ts'

/** Milliseconds after which what waits is posted early: to post it costs little of them. */
const EARLY_MS = 0.1

/** What a worker thread tells the main thread, in order, until it is posted. */
export class Outbox {
  readonly report = new ReportWriter()
  readonly #port: MessagePort
  readonly #heartbeat: Heartbeat
  /** When the first call ended of which something waits. */
  #waitsSinceMs: number | null = null

  constructor(port: MessagePort, heartbeat: Heartbeat) {
    this.#port = port
    this.#heartbeat = heartbeat
  }

  post(message: Exclude<FromWorker, { readonly type: 'outcome' }>): void {
    this.report.write(message)
  }

  postOutcome(agent: number, id: number, result: CallResult): void {
    this.report.writeOutcome(agent, id, result)
  }

  /** Posts a message whose reservation is in the journal. @param cause number of the call that sent it */
  postSend(sent: SentMessage, mark: number, cause: number): void {
    const { journal, ledger } = this.#heartbeat
    if (ledger[0] === LEDGER_MESSAGES) this.flush()
    this.report.writeSend(sent, mark, cause, journal, ledger)
  }

  /**
   * A call has ended and others may go on: posts what has waited for a while, if the main thread has nothing else of this one to
   * look at.
   */
  flushEarly(nowMs: number): void {
    if (this.#waitsSinceMs === null) this.#waitsSinceMs = nowMs
    else if (nowMs - this.#waitsSinceMs >= EARLY_MS && this.#heartbeat.reports.isTaken) this.flush()
  }

  /** Posts what waits. Nothing can stop the thread from where the report is emptied to the last step: see `MailboxTable`, 3. */
  flush(): void {
    if (this.report.isEmpty) return
    this.#waitsSinceMs = null
    const { reports, slate, slates, ledger } = this.#heartbeat
    const report = slates.isTaken ? this.report.takeBySlate(slate) : this.report.take()
    this.#port.postMessage(report)
    reports.posted = (reports.posted + 1) | 0
    if (typeof report[0] === 'number') slates.posted = (slates.posted + 1) | 0
    ledger[0] = 0
  }
}
