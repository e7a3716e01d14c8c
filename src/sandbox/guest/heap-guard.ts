import { getHeapStatistics } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { ErrorData } from '../../core/index.ts'
import { HEAP_SLACK_BYTES } from '../heap-agents.ts'

/*
 * Bounds what the one guest of a thread keeps on the heap of V8, which no rewriting can: an object costs fuel when it is made, and
 * nobody sees when it is dropped.
 *
 * 1. The thread has no other guest: whatever its heap has grown by is the guest's, or garbage.
 * 2. `gc` is there because `exposeCollector` was called before the thread was started: the flag is of the whole process.
 * 3. Looked at after each slice and each call. A slice allocates less than HEAP_SLACK_BYTES, and the heap has room for that much beyond
 *    where garbage is collected: V8 never runs out of it.
 */
export class HeapGuard {
  readonly #limitBytes: number
  readonly #collect: () => void
  #baseBytes: number | null = null

  /** @param limitBytes that the guest may keep, linear memory apart */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
    this.#collect = runInNewContext('gc') as () => void
  }

  /** Takes what is there now as what the thread itself needs. Call it before the instance is made. */
  begin(): void {
    this.#collect()
    this.#baseBytes = usedBytes()
  }

  /** Returns why the guest must end; null while it may go on. Cost: a few microseconds, unless there is much garbage. */
  check(): ErrorData | null {
    if (this.#baseBytes === null) return null
    const most = this.#baseBytes + this.#limitBytes
    if (usedBytes() <= most + HEAP_SLACK_BYTES) return null
    this.#collect()
    const asked = usedBytes() - this.#baseBytes
    if (asked <= this.#limitBytes) return null
    const detail = `the guest keeps objects of ${asked} bytes, at most ${this.#limitBytes} are allowed`
    return { code: 'ERR_LIMIT_MEMORY', detail, data: { limit: this.#limitBytes, asked } }
  }
}

function usedBytes(): number {
  return getHeapStatistics().used_heap_size
}
