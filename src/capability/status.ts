/** What a host function of the caxton ABI answers: 0 or a length when it worked, one of these negative numbers when not. */
export const STATUS = {
  OK: 0,
  DENIED: -1,
  MAILBOX_FULL: -2,
  INVALID: -3,
  TOO_LARGE: -4,
  FAULT: -5,
  NOT_FOUND: -6,
  LIMIT: -7,
  TIMEOUT: -8,
  FAILED: -9,
} as const

export type Status = (typeof STATUS)[keyof typeof STATUS]
export type StatusName = keyof typeof STATUS

/** One sentence for each status, for docs/ABI.md and the SDK headers. */
export const STATUS_SENTENCES: Readonly<Record<StatusName, string>> = {
  OK: 'It worked.',
  DENIED: 'No grant allows this.',
  MAILBOX_FULL:
    'The mailbox of the receiver is full, or too many messages of the sender wait already; nothing was sent, try again after the next message.',
  INVALID: 'An argument or a message is malformed.',
  TOO_LARGE: 'An argument or a message is larger than its limit.',
  FAULT: 'A pointer and length do not lie inside the memory of the guest.',
  NOT_FOUND: 'There is nothing under that name.',
  LIMIT: 'A limit of the agent is reached.',
  TIMEOUT: 'It was not answered in time.',
  FAILED: 'The other side could not be reached, broke off, or answered what is no answer.',
}

/** What `handle_message` and `agent_init` answer. Every other number is a failure the agent reports of itself. */
export const HANDLED = {
  OK: 0,
  NOT_UNDERSTOOD: 1,
} as const
