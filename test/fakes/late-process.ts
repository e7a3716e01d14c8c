import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'

/**
 * A process of guests on a busy machine: its main thread stands still while its worker thread starts, and attaches the inspector
 * to it long after it is loaded.
 */
const LATE_MS = 1_000

Object.assign(threads, {
  Worker: class extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof threads.Worker>) {
      super(...args)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LATE_MS)
    }
  },
})
syncBuiltinESMExports()
await import('../../src/sandbox/process/main.ts')
