import type { Limits } from '../core/index.ts'

/**
 * What is used of the credit that all threads share for the room in mailboxes.
 *
 * A message of an agent holds a place among the outstanding messages of its sender from the moment it is accepted, and room
 * at its receiver if it was reported as reserved. Names without a mailbox (`user`, `caxton`) hold nothing.
 */
export interface MailboxCredit {
  open(name: string, limits: Limits): unknown
  /** Takes room at the receiver for a message that is not reserved; false when there is none. */
  reserveRoom(receiver: string, bytes: number): boolean
  /** Gives back the room at the receiver and the place of the sender. */
  release(receiver: string, sender: string, bytes: number): void
  /** Gives back the place of the sender of a message that has no room anywhere. */
  releaseSender(sender: string): void
  /** Forgets what is reserved; giving it back afterwards changes nothing. */
  close(name: string): void
}
