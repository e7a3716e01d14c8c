interface MessageField {
  readonly name: string
  /** `text` is carried as it is; the others are read each in its own way. */
  readonly kind: 'text' | 'act' | 'receiver' | 'content' | 'set'
  readonly sentence: string
}

/** The fields of a message (FIPA00061), in the order in which they are written. */
export const MESSAGE_FIELDS = [
  { name: 'performative', kind: 'act', sentence: 'One of the 22 acts of FIPA00037.' },
  {
    name: 'receiver',
    kind: 'receiver',
    sentence:
      'An agent name, `capability:<name>`, `topic:<name>`, `human:<name>`, or `user`. A list of several is short for one message to each, in the same ' +
      'conversation: all are accepted or none is, and each arrives with its own receiver.',
  },
  { name: 'conversation_id', kind: 'text', sentence: 'The conversation; without one the message starts its own.' },
  { name: 'reply_with', kind: 'text', sentence: 'What an answer has as its `in_reply_to`.' },
  { name: 'in_reply_to', kind: 'text', sentence: 'The `reply_with` of the message that is answered.' },
  { name: 'reply_to', kind: 'text', sentence: 'Whom answers go to, when not to the sender.' },
  {
    name: 'reply_by',
    kind: 'text',
    sentence: 'Latest time for an answer: ISO 8601 with an offset from UTC, such as `2030-01-31T12:00:00Z`.',
  },
  { name: 'protocol', kind: 'text', sentence: 'The interaction protocol that the conversation follows.' },
  { name: 'language', kind: 'text', sentence: 'The language of the content.' },
  { name: 'encoding', kind: 'text', sentence: 'How the content is written within JSON, such as `base64`.' },
  { name: 'ontology', kind: 'text', sentence: 'What the words of the content mean.' },
  { name: 'trace', kind: 'text', sentence: 'Trace context of the sender.' },
  {
    name: 'sender',
    kind: 'text',
    sentence: 'Set by the runtime. A draft may name its own sender; one that names another is refused.',
  },
  { name: 'message_id', kind: 'set', sentence: 'Set by the runtime; ignored in a draft.' },
  { name: 'content', kind: 'content', sentence: 'Any JSON value.' },
] as const satisfies readonly MessageField[]
