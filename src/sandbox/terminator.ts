import { Session } from 'node:inspector'

/** Milliseconds after which a thread that was asked to terminate its call is given up. */
const PATIENCE_MS = 1_000

/** `workerId` counts what the inspector has attached to; the id of the thread is in the title alone. */
const THREAD_TITLE = /^\[worker (\d+)\]/

/**
 * Stops what a worker thread is running, whatever it is, without ending the thread: `Runtime.terminateExecution` through
 * the inspector. Nothing is attached before the first use.
 *
 * Works from the main thread of the process alone; elsewhere, and where the inspector is not allowed, every attempt fails.
 */
export class Terminator {
  #session: Session | null = null
  #isRefused = false
  #lastId = 0
  /** Inspector sessions by thread id. */
  readonly #sessions = new Map<number, string>()
  readonly #attached = new Map<number, () => void>()
  readonly #answered = new Map<number, (isDone: boolean) => void>()

  /**
   * Resolves when the JavaScript and WebAssembly that ran in a thread is unwound: true. False if it could not be done in
   * time: then the state of the thread is not known.
   */
  terminate(threadId: number): Promise<boolean> {
    return this.#command(threadId, 'Runtime.terminateExecution')
  }

  async #command(threadId: number, method: string): Promise<boolean> {
    const session = this.#connect()
    if (session === null) return false
    const { promise, resolve } = Promise.withResolvers<boolean>()
    // An answer that has come while this thread itself was late is read first.
    const timer = setTimeout(() => setImmediate(resolve, false), PATIENCE_MS)
    this.#lastId += 1
    const id = this.#lastId
    this.#answered.set(id, resolve)
    this.#whenAttached(threadId, (sessionId) => {
      const message = JSON.stringify({ id, method })
      session.post('NodeWorker.sendMessageToWorker', { sessionId, message }, (error) => {
        if (error !== null) resolve(false)
      })
    })
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#answered.delete(id)
      this.#attached.delete(threadId)
    }
  }

  /**
   * Attaches to a thread ahead of time: afterwards its calls can be stopped without the permission for the inspector. False if
   * that cannot be done in time.
   */
  attach(threadId: number): Promise<boolean> {
    return this.#command(threadId, 'Runtime.getIsolateId')
  }

  close(): void {
    this.#session?.disconnect()
    this.#session = null
    this.#sessions.clear()
  }

  #whenAttached(threadId: number, act: (sessionId: string) => void): void {
    const sessionId = this.#sessions.get(threadId)
    if (sessionId !== undefined) act(sessionId)
    else this.#attached.set(threadId, () => act(this.#sessions.get(threadId)!))
  }

  #connect(): Session | null {
    if (this.#session !== null || this.#isRefused) return this.#session
    try {
      this.#session = this.#open()
    } catch {
      this.#isRefused = true
    }
    return this.#session
  }

  #open(): Session {
    const session = new Session()
    session.connect()
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      const threadId = Number(THREAD_TITLE.exec(params.workerInfo.title)?.[1] ?? -1)
      this.#sessions.set(threadId, params.sessionId)
      this.#attached.get(threadId)?.()
    })
    session.on('NodeWorker.detachedFromWorker', ({ params }) => {
      for (const [threadId, sessionId] of this.#sessions) {
        if (sessionId === params.sessionId) this.#sessions.delete(threadId)
      }
    })
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const { id, error } = JSON.parse(params.message) as { id?: number; error?: unknown }
      if (id !== undefined) this.#answered.get(id)?.(error === undefined)
    })
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false })
    return session
  }
}
