import { HOST_LIMITS } from './core/index.ts'
import type { RouterEvent } from './router/index.ts'

/** What happens in a runtime, with its time. `dropped`: a reader was so slow that this many events are missing here. */
export type CaxtonEvent =
  | RouterEvent
  | { readonly type: 'dropped'; readonly count: number; readonly elapsedMs: number; readonly timeMs: number }

/**
 * Events for one reader, kept until it takes them.
 *
 * Holds at most HOST_LIMITS.bufferedEvents and about HOST_LIMITS.bufferedEventBytes: beyond that the oldest are dropped, and an
 * event `dropped` in their place counts them.
 */
export class EventStream implements AsyncIterableIterator<CaxtonEvent, undefined> {
  readonly #onClose: (stream: EventStream) => void
  #events: CaxtonEvent[] = []
  #next = 0
  #bytes = 0
  #droppedCount = 0
  #waiting: PromiseWithResolvers<IteratorResult<CaxtonEvent, undefined>>[] = []
  #isClosed = false

  constructor(onClose: (stream: EventStream) => void) {
    this.#onClose = onClose
  }

  push(event: RouterEvent): void {
    if (this.#isClosed) return
    const waiting = this.#waiting.shift()
    if (waiting !== undefined) {
      waiting.resolve({ done: false, value: event })
      return
    }
    this.#bytes += sizeOf(event)
    this.#events.push(event)
    while (this.#isFull) this.#drop()
  }

  get #isFull(): boolean {
    const count = this.#events.length - this.#next
    return count > HOST_LIMITS.bufferedEvents || (count > 1 && this.#bytes > HOST_LIMITS.bufferedEventBytes)
  }

  next(): Promise<IteratorResult<CaxtonEvent, undefined>> {
    const event = this.#take()
    if (event !== undefined) return Promise.resolve({ done: false, value: event })
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined })
    const waiting = Promise.withResolvers<IteratorResult<CaxtonEvent, undefined>>()
    this.#waiting.push(waiting)
    return waiting.promise
  }

  /** Ends the stream for its reader at once, with what is left in it. */
  return(): Promise<IteratorResult<CaxtonEvent, undefined>> {
    this.#events = []
    this.#next = 0
    this.#bytes = 0
    this.#droppedCount = 0
    this.close()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** Takes no more events; the reader still gets those it has not taken. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const waiting of this.#waiting.splice(0)) waiting.resolve({ done: true, value: undefined })
    this.#onClose(this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): CaxtonEvent | undefined {
    const event = this.#events[this.#next]
    if (event === undefined) return undefined
    if (this.#droppedCount > 0) {
      const count = this.#droppedCount
      this.#droppedCount = 0
      return { type: 'dropped', count, elapsedMs: event.elapsedMs, timeMs: event.timeMs }
    }
    this.#advance()
    return event
  }

  #drop(): void {
    this.#droppedCount += 1
    this.#advance()
  }

  /** Moves past the oldest event; the taken half of the array is cut off once it is the larger one. */
  #advance(): void {
    this.#bytes -= sizeOf(this.#events[this.#next])
    this.#next += 1
    if (this.#next * 2 <= this.#events.length) return
    this.#events = this.#events.slice(this.#next)
    this.#next = 0
  }
}

/** What an event takes besides its texts, bytes. */
const EVENT_BYTES = 512

function sizeOf(event: CaxtonEvent | undefined): number {
  if (event === undefined) return 0
  if ('message' in event) return EVENT_BYTES + 2 * (event.message.content?.length ?? 0)
  return EVENT_BYTES + (event.type === 'log' ? 2 * event.text.length : 0)
}
