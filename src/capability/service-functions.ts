import type { Answer, ServiceName } from './ask.ts'
import type { GuestMemory } from './guest-memory.ts'
import type { HostFunction, Wait } from './host-function.ts'
import type { Status } from './status.ts'
import { STATUS } from './status.ts'

/** What the functions that ask the host for something act on. */
export interface ServiceHost {
  readonly memory: GuestMemory
  chargeFuel(fuel: number): void
  /**
   * Asks a service on the main thread and waits. `finish` turns the answer into what the guest gets; without it the bytes are
   * kept for `take_result`, and the guest gets their length.
   *
   * @param text UTF-8; like `bytes`, a view of guest memory
   * @returns TOO_LARGE, INVALID for a text that is not UTF-8, else what is waited for
   */
  ask(service: ServiceName, text: Uint8Array, bytes: Uint8Array, finish?: (answer: Answer) => number): Wait | Status
  /** Sends the message whose JSON text is given and waits for its reply, which is kept for `take_result`. */
  request(text: Uint8Array, deadlineMs: number): Wait | Status
  /** What the last call that waited has kept; null if there is nothing. */
  readonly result: Uint8Array | null
  /** Forgets it. */
  dropResult(): void
}

const NOTHING = new Uint8Array()
/** Longest name of a tool, bytes. */
const NAME_BYTES = 256

const TEXT = new TextEncoder()

/** Functions that wait for what happens outside of the thread, and the one that takes what came. */
export const SERVICE_FUNCTIONS: readonly HostFunction<ServiceHost>[] = [
  {
    name: 'request',
    params: [
      { name: 'message_ptr', type: 'i32' },
      { name: 'message_len', type: 'i32' },
      { name: 'deadline_ms', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    fuel: 2_000,
    waits: true,
    summary:
      'Sends a message like `send_message` and waits for its reply: the first message with its `reply_with` as `in_reply_to` that ' +
      'comes from the agent that got it, or from the runtime, other than `agree`. Answers the length of the JSON text of the ' +
      'reply, whatever its act: take it by `take_result`. A message without `reply_with`, or to several, is INVALID. TIMEOUT ' +
      'when there is no reply within `deadline_ms`; 0 waits as long as the limit `wait` lets it. Every other message waits in ' +
      'the mailbox meanwhile. A negative answer other than TIMEOUT means that nothing was sent.',
    bind: (host) => (pointer: number, length: number, deadlineMs: number) => {
      host.chargeFuel(length >>> 0)
      return host.request(host.memory.range(pointer, length), deadlineMs >>> 0)
    },
  },
  {
    name: 'http_fetch',
    params: [
      { name: 'request_ptr', type: 'i32' },
      { name: 'request_len', type: 'i32' },
      { name: 'body_ptr', type: 'i32' },
      { name: 'body_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'http',
    fuel: 10_000,
    waits: true,
    summary:
      'Makes an HTTP request and waits for the head of its answer. The request is JSON text: `url`, and if wanted `method` (GET) ' +
      'and `headers` (an object of texts); the body, of up to `message_bytes` with it, lies at `body_ptr`. Answers the length of ' +
      'a JSON text to be taken by `take_result`: `status`, `url` after redirects, `headers` with lower-case names, and `stream`, ' +
      'the number from which `http_read` reads the body. DENIED when no rule of the grant names the request, for addresses that ' +
      'are not public, and for headers that the host sets; LIMIT for too many requests, TOO_LARGE for too large ones, TIMEOUT ' +
      'when it takes too long, FAILED when it came to nothing.',
    bind: (host) => (requestPointer: number, requestLength: number, bodyPointer: number, bodyLength: number) => {
      host.chargeFuel((requestLength >>> 0) + (bodyLength >>> 0))
      const request = host.memory.range(requestPointer, requestLength)
      return host.ask('http_fetch', request, host.memory.range(bodyPointer, bodyLength))
    },
  },
  {
    name: 'http_read',
    params: [
      { name: 'stream', type: 'i32' },
      { name: 'out_ptr', type: 'i32' },
      { name: 'out_capacity', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    uses: 'http',
    fuel: 1_000,
    waits: true,
    summary:
      'Waits for the next bytes of the body of an HTTP response, writes at most `out_capacity` of them to `out_ptr` and answers ' +
      'how many; 0 at the end of the body, which closes the stream. A server waits for a guest that does not read. Streams are ' +
      'closed when the handling of the message has ended. NOT_FOUND for a stream that is not open, TOO_LARGE for a body beyond ' +
      'the limit of the rule, TIMEOUT when its time is over, FAILED when it broke off.',
    bind: (host) => (stream: number, outPointer: number, outCapacity: number) => {
      host.memory.range(outPointer, outCapacity)
      const text = TEXT.encode(JSON.stringify({ stream: stream >>> 0, max: outCapacity >>> 0 }))
      return host.ask('http_read', text, NOTHING, ({ status, bytes }) => {
        if (status < 0) return status
        const taken = bytes.subarray(0, outCapacity >>> 0)
        host.chargeFuel(taken.length)
        host.memory.write(outPointer, taken)
        return taken.length
      })
    },
  },
  {
    name: 'http_close',
    params: [{ name: 'stream', type: 'i32' }],
    result: 'i32',
    grant: null,
    uses: 'http',
    fuel: 1_000,
    waits: true,
    summary: 'Gives up the rest of the body of an HTTP response. NOT_FOUND for a stream that is not open.',
    bind: (host) => (stream: number) => {
      return host.ask('http_close', TEXT.encode(JSON.stringify({ stream: stream >>> 0 })), NOTHING)
    },
  },
  {
    name: 'call_tool',
    params: [
      { name: 'name_ptr', type: 'i32' },
      { name: 'name_len', type: 'i32' },
      { name: 'arguments_ptr', type: 'i32' },
      { name: 'arguments_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'tools',
    fuel: 10_000,
    waits: true,
    summary:
      'Calls a tool of an MCP server, `<server>/<tool>`, with arguments in JSON (an object; empty for none), and waits for its ' +
      'result. Answers the length of a JSON text to be taken by `take_result`: `content` and, if the tool gives them, ' +
      '`structuredContent` and `isError`. DENIED when the grant does not name the tool, NOT_FOUND when the server has none of ' +
      'that name, INVALID for arguments that do not fit its schema, LIMIT, TOO_LARGE, TIMEOUT, FAILED.',
    bind: (host) => (namePointer: number, nameLength: number, pointer: number, length: number) => {
      if (nameLength >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
      host.chargeFuel(length >>> 0)
      return host.ask('call_tool', host.memory.range(namePointer, nameLength), host.memory.range(pointer, length))
    },
  },
  {
    name: 'take_result',
    params: [
      { name: 'out_ptr', type: 'i32' },
      { name: 'out_capacity', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    fuel: 500,
    summary:
      'Writes what the last call of `request`, `http_fetch` or `call_tool` has answered to `out_ptr`, and answers its length; it ' +
      'can be taken once, until the next such call. When the length is greater than `out_capacity`, nothing is written: call ' +
      'again with enough room. NOT_FOUND when there is nothing to take.',
    bind: (host) => (outPointer: number, outCapacity: number) => {
      const { result } = host
      if (result === null) return STATUS.NOT_FOUND
      if (result.length > outCapacity >>> 0) return result.length
      host.chargeFuel(result.length)
      host.memory.write(outPointer, result)
      host.dropResult()
      return result.length
    },
  },
]
