import type { Message } from '../core/index.ts'

/** What a guest can ask of the host that takes its time: answered on the main thread, while the guest waits. */
export const SERVICES = [
  'http_fetch',
  'http_read',
  'http_close',
  'call_tool',
  'request',
  'read_stdin',
  'flush_output',
  'delegate',
  'use_delegation',
  'set_delegation',
  'spawn_agent',
  'stop_agent',
  'offer_capability',
  'withdraw_capability',
  'search_directory',
  'watch_directory',
  'unwatch_directory',
] as const
export type ServiceName = (typeof SERVICES)[number]

/** One thing that a guest asks for. Made beside the guest, so that nothing in it is believed where it is answered. */
export interface Ask {
  /** Number of the ask, unique in the life of an instance. */
  readonly id: number
  readonly service: ServiceName
  /** What is asked, as the guest wrote it or as its host call did. */
  readonly text: string
  /** Bytes that come with it; may be empty. */
  readonly bytes: Uint8Array
}

/** How it was answered: what the host call answers the guest, and bytes it may take. */
export interface Answer {
  /** Not negative when it worked; a negative number is one of `STATUS`. */
  readonly status: number
  readonly bytes: Uint8Array
}

/**
 * Answers what one agent asks. Must not reject.
 *
 * @param signal aborted when the call in which it was asked has ended: nobody waits any more, and nothing that was opened for
 * that call is needed
 * @param cause the message that is handled in it; null where it is none
 */
export type AskHandler = (ask: Ask, signal: AbortSignal, cause: Message | null) => Promise<Answer>
