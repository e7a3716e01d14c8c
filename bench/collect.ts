import { Session } from 'node:inspector'

/** Lets V8 collect the garbage of this thread and of all its workers, through the inspector. */
export class Collector implements Disposable {
  readonly #session = new Session()
  readonly #workers: string[] = []
  readonly #answered = new Map<number, () => void>()
  #lastId = 0

  constructor() {
    this.#session.connect()
    this.#session.on('NodeWorker.attachedToWorker', ({ params }) => this.#workers.push(params.sessionId))
    this.#session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      this.#answered.get((JSON.parse(params.message) as { readonly id?: number }).id ?? 0)?.()
    })
    this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
  }

  async collect(): Promise<void> {
    // The inspector keeps no process alive, nor do threads that wait.
    const alive = setInterval(() => {}, 1_000)
    await new Promise<void>((resolve) => this.#session.post('HeapProfiler.collectGarbage', () => resolve()))
    for (const sessionId of this.#workers) await this.#collectIn(sessionId)
    clearInterval(alive)
  }

  async #collectIn(sessionId: string): Promise<void> {
    this.#lastId += 1
    const message = JSON.stringify({ id: this.#lastId, method: 'HeapProfiler.collectGarbage' })
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#answered.set(this.#lastId, resolve)
    this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message })
    await promise
  }

  [Symbol.dispose](): void {
    this.#session.disconnect()
  }
}
