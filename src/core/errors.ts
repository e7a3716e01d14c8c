/**
 * The kinds say who can act: the caller, the author of the guest, whoever sets limits or grants, or the operator of the host.
 */
export type ErrorKind = 'caller' | 'guest' | 'limit' | 'denied' | 'system'

interface ErrorRow {
  readonly kind: ErrorKind
  /** HTTP status a server answers with. */
  readonly status: number
  /** One sentence without a final stop; the detail follows after a colon. */
  readonly message: string
}

/** Exit code of a command that ends with an error of a kind (numbers of sysexits.h). */
export const EXIT_CODES: Readonly<Record<ErrorKind, number>> = {
  caller: 64,
  guest: 65,
  limit: 69,
  system: 70,
  denied: 77,
}

/** Every error the project can throw. Codes have the form `ERR_<AREA>_<FACT>` and are never used again once retired. */
export const ERRORS = {
  ERR_CONFIG_INVALID: { kind: 'caller', status: 400, message: 'Configuration is not valid' },
  ERR_CONFIG_SYNTAX: { kind: 'caller', status: 400, message: 'Configuration file cannot be parsed' },
  ERR_CONFIG_FILE_MISSING: { kind: 'caller', status: 400, message: 'File does not exist or cannot be read' },
  ERR_CLI_USAGE: { kind: 'caller', status: 400, message: 'Command line is not valid' },

  ERR_WASM_MALFORMED: { kind: 'guest', status: 422, message: 'Bytes are not a well-formed WebAssembly module' },
  ERR_WASM_INVALID: { kind: 'guest', status: 422, message: 'Module does not validate' },
  ERR_WASM_OPCODE_UNKNOWN: { kind: 'guest', status: 422, message: 'Instruction is not known' },
  ERR_WASM_LIMIT: { kind: 'limit', status: 422, message: 'Module exceeds a size limit' },

  ERR_INSTRUMENT_OPCODE_REFUSED: { kind: 'denied', status: 422, message: 'Instruction is not allowed' },
  ERR_INSTRUMENT_IMPORT_REFUSED: { kind: 'denied', status: 422, message: 'Import is not allowed' },
  ERR_INSTRUMENT_MEMORY_REFUSED: { kind: 'denied', status: 422, message: 'Memory is not allowed' },
  ERR_INSTRUMENT_NAME_TAKEN: {
    kind: 'denied',
    status: 422,
    message: 'Module uses a name that the runtime keeps for itself',
  },

  ERR_MODULE_IMPORT_UNKNOWN: { kind: 'guest', status: 422, message: 'Module imports what nobody offers' },
  ERR_MODULE_IMPORT_TYPE: { kind: 'guest', status: 422, message: 'Module imports a function with another signature' },
  ERR_MODULE_EXPORT_MISSING: { kind: 'guest', status: 422, message: 'Module lacks an export its door needs' },
  ERR_MODULE_DOOR_UNKNOWN: { kind: 'guest', status: 422, message: 'Module fits none of the doors for agents' },

  ERR_GRANT_MISSING: { kind: 'denied', status: 403, message: 'A grant is missing' },

  ERR_DELEGATION_WIDER: { kind: 'denied', status: 403, message: 'What is passed on is more than what is held' },
  ERR_DELEGATION_UNUSABLE: { kind: 'denied', status: 403, message: 'Delegation cannot be used' },
  ERR_DELEGATION_HOLDER: { kind: 'guest', status: 404, message: 'Nobody of that name can hold a delegation' },
  ERR_LIMIT_DELEGATIONS: { kind: 'limit', status: 429, message: 'Too many delegations' },
  ERR_SPAWN_REFUSED: { kind: 'denied', status: 403, message: 'Agent may not be started' },
  ERR_LIMIT_SPAWNED: { kind: 'limit', status: 429, message: 'Too many agents were started by one' },
  ERR_TELEMETRY_MISSING: { kind: 'caller', status: 400, message: 'OpenTelemetry is asked for and not installed' },

  ERR_LIMIT_FUEL: { kind: 'limit', status: 429, message: 'Fuel for one message is used up' },
  ERR_LIMIT_WALL: { kind: 'limit', status: 429, message: 'Wall time for one message is used up' },
  ERR_LIMIT_WAIT: { kind: 'limit', status: 429, message: 'Time to wait in host calls for one message is used up' },
  ERR_LIMIT_MEMORY: { kind: 'limit', status: 429, message: 'Linear memory limit is reached' },
  ERR_LIMIT_TABLE: { kind: 'limit', status: 429, message: 'Table limit is reached' },
  ERR_LIMIT_STACK: { kind: 'limit', status: 429, message: 'Stack is exhausted' },
  ERR_LIMIT_MESSAGES: { kind: 'limit', status: 429, message: 'Too many messages sent while handling one' },
  ERR_LIMIT_FAN_OUT: { kind: 'limit', status: 429, message: 'Too many copies of messages at once' },
  ERR_LIMIT_HOST_CALLS: { kind: 'limit', status: 429, message: 'Too many host calls while handling one message' },
  ERR_LIMIT_LOG: { kind: 'limit', status: 429, message: 'Too many bytes logged while handling one message' },
  ERR_LIMIT_RATE: { kind: 'limit', status: 429, message: 'Limit over time is used up' },
  ERR_LIMIT_JOURNAL: { kind: 'limit', status: 429, message: 'Writing to the data directory is behind' },
  ERR_LIMIT_MAILBOX: { kind: 'limit', status: 429, message: 'Mailbox is full' },
  ERR_LIMIT_MESSAGE_BYTES: { kind: 'limit', status: 413, message: 'Message is too large' },
  ERR_LIMIT_STORE_BYTES: { kind: 'limit', status: 429, message: 'Bytes that the agent may store are used up' },
  ERR_LIMIT_STORE_KEYS: { kind: 'limit', status: 429, message: 'Keys that the agent may store are used up' },
  ERR_LIMIT_TIMERS: { kind: 'limit', status: 429, message: 'Too many timers are set' },
  ERR_LIMIT_SUBSCRIPTIONS: { kind: 'limit', status: 429, message: 'Too many subscriptions to topics' },
  ERR_LIMIT_RETAINED: { kind: 'limit', status: 429, message: 'No room for another retained value' },
  ERR_LIMIT_AGENTS: { kind: 'limit', status: 429, message: 'No room for another agent' },
  ERR_LIMIT_CAPABILITIES: { kind: 'limit', status: 429, message: 'Too many capabilities registered' },
  ERR_LIMIT_DIRECTORY: { kind: 'limit', status: 429, message: 'No room for more in the directory' },
  ERR_LIMIT_REQUESTS: { kind: 'limit', status: 429, message: 'Too many requests wait for a reply' },

  ERR_GUEST_TRAP: { kind: 'guest', status: 500, message: 'Guest trapped' },
  ERR_GUEST_ABORT: { kind: 'guest', status: 500, message: 'Guest aborted' },
  ERR_GUEST_EXCEPTION: { kind: 'guest', status: 500, message: 'Guest let an exception escape' },
  ERR_GUEST_EXIT: { kind: 'guest', status: 500, message: 'Guest exited' },
  ERR_GUEST_ENDED: { kind: 'guest', status: 409, message: 'Program has ended' },
  ERR_GUEST_STATUS: { kind: 'guest', status: 500, message: 'Guest reported a failure' },
  ERR_GUEST_ABI: { kind: 'guest', status: 500, message: 'Guest broke the rules of its door' },

  ERR_SANDBOX_THREAD_LOST: { kind: 'system', status: 500, message: 'Worker thread ended while an agent was in it' },
  ERR_SANDBOX_PROCESS_LOST: { kind: 'system', status: 500, message: 'Process ended while an agent was in it' },
  ERR_SANDBOX_CLOSED: { kind: 'caller', status: 409, message: 'Sandbox is closed' },

  ERR_AGENT_NAME_INVALID: { kind: 'caller', status: 400, message: 'Agent name is not valid' },
  ERR_AGENT_NAME_TAKEN: { kind: 'caller', status: 409, message: 'Agent name is taken' },
  ERR_AGENT_UNKNOWN: { kind: 'caller', status: 404, message: 'Agent is not known' },
  ERR_AGENT_NOT_RUNNING: { kind: 'caller', status: 409, message: 'Agent does not take messages' },
  ERR_AGENT_STATE: { kind: 'caller', status: 409, message: 'Agent cannot do this in its state' },
  ERR_CAPABILITY_UNKNOWN: { kind: 'caller', status: 404, message: 'No running agent offers this capability' },

  ERR_MESSAGE_INVALID: { kind: 'caller', status: 400, message: 'Message is not a valid ACL message' },
  ERR_TOPIC_PATTERN: { kind: 'caller', status: 400, message: 'Not a pattern of topics' },
  ERR_MESSAGE_ADDRESS: { kind: 'caller', status: 400, message: 'Receiver is not a valid address' },
  ERR_MESSAGE_NOT_UNDERSTOOD: { kind: 'guest', status: 422, message: 'Receiver does not understand the message' },
  ERR_MESSAGE_SENDER_FORGED: {
    kind: 'denied',
    status: 403,
    message: 'Sender is set by the runtime and cannot be another',
  },
  ERR_REQUEST_DEADLINE: { kind: 'system', status: 504, message: 'No reply before the deadline' },
  ERR_REQUEST_FAILED: { kind: 'guest', status: 502, message: 'Request was answered with a failure' },

  ERR_SECRET_INVALID: { kind: 'caller', status: 400, message: 'Secret is missing or cannot be used' },
  ERR_HTTP_REFUSED: { kind: 'denied', status: 403, message: 'HTTP request is not allowed' },
  ERR_HTTP_LIMIT: { kind: 'limit', status: 429, message: 'Limit of an HTTP rule is reached' },
  ERR_HTTP_FAILED: { kind: 'system', status: 502, message: 'HTTP request failed' },
  ERR_TOOL_REFUSED: { kind: 'denied', status: 403, message: 'Tool call is not allowed' },
  ERR_TOOL_LIMIT: { kind: 'limit', status: 429, message: 'Limit of a tool server is reached' },
  ERR_TOOL_FAILED: { kind: 'system', status: 502, message: 'Tool call failed' },
  ERR_PROTOCOL_UNKNOWN: { kind: 'caller', status: 400, message: 'Protocol is not known' },
  ERR_PROTOCOL_MISSING: {
    kind: 'caller',
    status: 400,
    message: 'Message does not name the protocol that its conversation follows',
  },
  ERR_PROTOCOL_TURN: { kind: 'caller', status: 409, message: 'Act is out of turn in its protocol' },
  ERR_PROTOCOL_DEADLINE: { kind: 'system', status: 504, message: 'Deadline for an answer has passed' },
  ERR_PROTOCOL_LOST: { kind: 'system', status: 502, message: 'Other side of a dialogue has ended' },
  ERR_CONVERSATION_UNKNOWN: { kind: 'caller', status: 404, message: 'Conversation is not known' },
  ERR_CONVERSATION_FOREIGN: { kind: 'denied', status: 403, message: 'Conversation belongs to others' },
  ERR_LIMIT_CONVERSATIONS: { kind: 'limit', status: 429, message: 'Too many conversations under one id' },
  ERR_GUARD_BUDGET: { kind: 'limit', status: 429, message: 'Budget of a conversation is used up' },
  ERR_GUARD_HOPS: { kind: 'limit', status: 429, message: 'Messages have caused each other for too long' },
  ERR_GUARD_CYCLE: { kind: 'limit', status: 429, message: 'Agents delegate in a circle' },
  ERR_GUARD_CIRCUIT: { kind: 'limit', status: 503, message: 'Receiver has failed this sender too often and rests' },

  ERR_LANGUAGE_UNKNOWN: { kind: 'caller', status: 400, message: 'No language is known for this source file' },
  ERR_LANGUAGE_TOOL_MISSING: { kind: 'caller', status: 424, message: 'A compiler or interpreter is not installed' },
  ERR_LANGUAGE_BUILD_FAILED: { kind: 'caller', status: 422, message: 'Source does not compile' },

  ERR_MESSAGE_EXPIRED: { kind: 'system', status: 504, message: 'Message has expired before it was handled' },
  ERR_MESSAGE_GUARANTEE: {
    kind: 'caller',
    status: 409,
    message: 'Message wants a guarantee that its receiver does not give',
  },
  ERR_MESSAGE_ENDED: { kind: 'caller', status: 409, message: 'Message does not wait for an answer any more' },
  ERR_MESSAGE_ANSWER_WANTED: { kind: 'caller', status: 409, message: 'Message wants an answer' },
  ERR_MESSAGE_REPLY_TO: { kind: 'denied', status: 403, message: 'Person answers nobody but who has asked' },
  ERR_PERSON_UNKNOWN: { kind: 'caller', status: 404, message: 'Person is not known' },
  ERR_MESSAGE_FATAL: {
    kind: 'system',
    status: 500,
    message: 'System has died each time the message was handled',
  },
  ERR_MESSAGE_UNKNOWN: { kind: 'caller', status: 404, message: 'Message is not known' },

  ERR_STORE_LOCKED: { kind: 'caller', status: 409, message: 'Data directory is in use' },
  ERR_STORE_MISSING: { kind: 'caller', status: 404, message: 'There is no data' },
  ERR_STORE_EXISTS: { kind: 'caller', status: 409, message: 'There is data already' },
  ERR_STORE_VERSION: { kind: 'caller', status: 409, message: 'Data is of another version' },
  ERR_STORE_CORRUPT: { kind: 'system', status: 500, message: 'Data is damaged' },
  ERR_STORE_FAILED: { kind: 'system', status: 500, message: 'Data cannot be written or read' },

  ERR_RUNTIME_CLOSED: { kind: 'caller', status: 409, message: 'Runtime is closed' },
  ERR_GOAL_MISSED: { kind: 'guest', status: 500, message: 'System ended without reaching its goal' },
  ERR_INTERNAL: { kind: 'system', status: 500, message: 'Something is wrong in the runtime itself' },
} as const satisfies Readonly<Record<string, ErrorRow>>

export type ErrorCode = keyof typeof ERRORS

/** Facts of an error as fields, so that logs and tests never parse text. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>

export interface ErrorOptions {
  /** What happened here, in words: where, what was expected, what was found, what to do. */
  readonly detail?: string
  readonly data?: ErrorFacts
  readonly cause?: unknown
}

/** What crosses a thread or a wire: structured clone turns an error class into a plain `Error` and drops its code. */
export interface ErrorData {
  readonly code: ErrorCode
  readonly detail?: string
  readonly data?: ErrorFacts
}

/** The one error class. Match by `code`, never by class. */
export class CaxtonError extends Error {
  override readonly name = 'CaxtonError'
  readonly code: ErrorCode
  readonly detail: string | undefined
  readonly data: ErrorFacts

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    const sentence = ERRORS[code].message
    super(options.detail === undefined ? sentence : `${sentence}: ${options.detail}`, { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.data = options.data ?? {}
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind
  }

  get status(): number {
    return ERRORS[this.code].status
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind]
  }

  /** Returns this error as data that survives structured clone and JSON. */
  toData(): ErrorData {
    return { code: this.code, ...(this.detail === undefined ? {} : { detail: this.detail }), data: this.data }
  }

  static fromData(error: ErrorData): CaxtonError {
    return new CaxtonError(error.code, error)
  }
}

/** Tells whether a value is a `CaxtonError`, with that code if one is given. */
export function isCaxtonError(value: unknown, code?: ErrorCode): value is CaxtonError {
  return value instanceof CaxtonError && (code === undefined || value.code === code)
}

/** Returns the value itself if it is a `CaxtonError`, else an ERR_INTERNAL that has it as its cause. */
export function asCaxtonError(value: unknown): CaxtonError {
  if (value instanceof CaxtonError) return value
  return new CaxtonError('ERR_INTERNAL', {
    detail: value instanceof Error ? value.message : String(value),
    cause: value,
  })
}
