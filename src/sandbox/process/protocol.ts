import type { Answer } from '../../capability/index.ts'
import type { ErrorData } from '../../core/index.ts'
import type { FromWorker, GuestCall, GuestSpec } from '../protocol.ts'

/*
 * What crosses the border between the host and a process of guests. Types only.
 *
 * To the child: structured clones. From the child: JSON, and bytes that JSON cannot carry; see `read-message.ts` for what is
 * believed of it.
 */

/** A guest whose module is sent once for all guests that are made of it. */
export interface ChildGuestSpec extends Omit<GuestSpec, 'module'> {
  /** Number of a module that was sent before. */
  readonly module: number
  /** Messages of an agent of that name that are still under way: places that a former life of it has taken. */
  readonly outstanding: number
}

export type ChildCall =
  | Exclude<GuestCall, { readonly kind: 'create' }>
  | { readonly kind: 'create'; readonly spec: ChildGuestSpec }

export type ToChild =
  | { readonly type: 'begin'; readonly run: string; readonly heapMiB: number; readonly sliceFuel: number }
  | { readonly type: 'module'; readonly module: number; readonly bytes: Uint8Array }
  | { readonly type: 'forget-module'; readonly module: number }
  | { readonly type: 'call'; readonly agent: number; readonly id: number; readonly call: ChildCall }
  | { readonly type: 'close'; readonly agent: number }
  | { readonly type: 'answer'; readonly agent: number; readonly id: number; readonly answer: Answer }
  /** So many messages of the agent have been handled or given up. */
  | { readonly type: 'release'; readonly agent: number; readonly count: number }
  | { readonly type: 'ping' }

export type FromChild =
  /** Guests can run, and every permission is given up. */
  | { readonly type: 'ready' }
  | { readonly type: 'pong' }
  /** This agent was running when the child last looked, and has not ended since. */
  | { readonly type: 'running'; readonly agent: number }
  | { readonly type: 'thread-lost'; readonly cause: ErrorData }
  | FromWorker
