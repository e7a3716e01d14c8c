import type { ErrorData } from '../core/index.ts'
import type { Batch } from './changes.ts'
import type { Synchronous } from './database.ts'
import type { Image } from './image.ts'
import type { RetentionOptions } from './retention.ts'

/** What a writer thread is started with. */
export interface WriterData {
  readonly directory: string
  readonly synchronous: Synchronous
  readonly retention: RetentionOptions
}

/** An entry that a command has left for the system that runs, or for the next one. */
export interface InboxEntry {
  readonly id: number
  readonly kind: string
  readonly body: string
  /** When it was left, milliseconds since 1970. */
  readonly madeMs: number
}

/** Main to writer; batches are committed in their order. */
export type ToWriter =
  | { readonly type: 'commit'; readonly batch: Batch }
  /** Commits what came before, then lets go of the directory. */
  | { readonly type: 'close' }

/** Writer to main. */
export type FromWriter =
  | { readonly type: 'opened'; readonly image: Image }
  | { readonly type: 'committed'; readonly number: number }
  | { readonly type: 'inbox'; readonly entries: readonly InboxEntry[] }
  /** A batch could not be committed. `passing`: it is tried again; else nothing is committed any more. */
  | { readonly type: 'failed'; readonly error: ErrorData; readonly passing: boolean }
  | { readonly type: 'closed' }
