import { isName } from './ids.ts'
import type { LimitRow } from './limits.ts'

/** Bounds of what waits for one person. */
export interface PersonLimits {
  /** Messages that wait for the person. */
  readonly mailboxMessages: number
  /** Bytes of them. */
  readonly mailboxBytes: number
  /** Bytes of one of them: a person has to read it. */
  readonly messageBytes: number
  /** Messages of one sender that wait for the person, so that no sender keeps the others out. */
  readonly senderMessages: number
}

export const DEFAULT_PERSON_LIMITS: PersonLimits = Object.freeze({
  mailboxMessages: 256,
  mailboxBytes: 4 * 2 ** 20,
  messageBytes: 64 * 2 ** 10,
  senderMessages: 32,
})

/** How each of them is called in a system file, its range, and the sentence for docs/LIMITS.md. */
export const PERSON_LIMITS: Readonly<Record<keyof PersonLimits, LimitRow>> = {
  mailboxMessages: {
    key: 'mailbox',
    unit: 'count',
    min: 1,
    max: 100_000,
    sentence: 'Messages that wait for the person.',
  },
  mailboxBytes: { key: 'mailbox_bytes', unit: 'bytes', min: 1_024, max: 2 ** 30, sentence: 'Bytes of those messages.' },
  messageBytes: {
    key: 'message_bytes',
    unit: 'bytes',
    min: 1_024,
    max: 16 * 2 ** 20,
    sentence: 'Size of one message.',
  },
  senderMessages: {
    key: 'per_sender',
    unit: 'count',
    min: 1,
    max: 100_000,
    sentence: 'Messages of one sender among them.',
  },
}

/** Somebody outside whom agents may write to. */
export interface Person {
  /** Behind `human:`. */
  readonly name: string
  /** For people: what is asked of this one. */
  readonly description: string | null
  readonly limits: PersonLimits
}

const SCHEME = 'human:'

/** Returns the address of a person. */
export function humanAddress(name: string): string {
  return SCHEME + name
}

/** Tells whether an address is meant to be that of a person, whether it names one or not. */
export function isHumanAddress(address: string): boolean {
  return address.startsWith(SCHEME)
}

/** Returns the name in the address of a person; null for any other text. */
export function personOf(address: string): string | null {
  if (!isHumanAddress(address)) return null
  const name = address.slice(SCHEME.length)
  return isName(name) ? name : null
}
