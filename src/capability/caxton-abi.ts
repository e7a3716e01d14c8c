import { AUTHORITY_FUNCTIONS } from './authority-functions.ts'
import { DIRECTORY_FUNCTIONS } from './directory-functions.ts'
import type { LogLevel } from './grants.ts'
import { LOG_LEVELS } from './grants.ts'
import type { GuestMemory } from './guest-memory.ts'
import type { HostFunction, HostModule } from './host-function.ts'
import type { ServiceHost } from './service-functions.ts'
import { SERVICE_FUNCTIONS } from './service-functions.ts'
import type { Status } from './status.ts'
import { STATUS } from './status.ts'
import type { StoreHost } from './store-functions.ts'
import { STORE_FUNCTIONS } from './store-functions.ts'
import type { TimerHost } from './timer-functions.ts'
import { TIMER_FUNCTIONS } from './timer-functions.ts'
import type { TopicHost } from './topic-functions.ts'
import { TOPIC_FUNCTIONS } from './topic-functions.ts'

/** What the functions of the caxton ABI act on: one object per agent, beside the guest. */
export interface CaxtonHost extends ServiceHost, StoreHost, TimerHost, TopicHost {
  readonly memory: GuestMemory
  /** Takes fuel for work that depends on a length. Ends the call with a trap if there is too little. */
  chargeFuel(fuel: number): void
  /** Sends the message whose JSON text is given. */
  send(text: Uint8Array): Status
  /** Writes a line; `text` is UTF-8, a view of guest memory. */
  log(level: LogLevel, text: Uint8Array): Status
  registerCapability(name: string): Status
  nowMicros(): bigint
  randomU32(): number
  /** Adds to the cost of the undertaking of the message that is handled. */
  chargeCost(units: bigint): Status
  /** Returns the value of a key of the agent's configuration as UTF-8, undefined if there is none. */
  config(key: string): Uint8Array | undefined
}

/** Longest key or capability name, bytes. */
const NAME_BYTES = 256

const functions: readonly HostFunction<CaxtonHost>[] = [
  {
    name: 'send_message',
    params: [
      { name: 'message_ptr', type: 'i32' },
      { name: 'message_len', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    uses: 'send',
    fuel: 1_000,
    summary:
      'Sends the ACL message whose JSON text lies at `message_ptr`. The runtime sets `sender` and `message_id`; a message that ' +
      'names another sender is refused with DENIED. Answers OK when the message is accepted: from then on it is delivered, or ' +
      'answered with `failure` or `not-understood`. MAILBOX_FULL, INVALID, TOO_LARGE and DENIED mean that nothing was sent.',
    bind: (host) => (pointer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      return host.send(host.memory.range(pointer, length))
    },
  },
  {
    name: 'log',
    params: [
      { name: 'level', type: 'i32' },
      { name: 'text_ptr', type: 'i32' },
      { name: 'text_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'log',
    fuel: 500,
    summary:
      'Writes a line to the log of the agent. Levels: 0 debug, 1 info, 2 warn, 3 error. Answers OK, also for a level below the ' +
      'granted one, INVALID for an unknown level, LIMIT when the bytes for this message are used up.',
    bind: (host) => (level: number, pointer: number, length: number) => {
      const name = LOG_LEVELS[level]
      if (name === undefined) return STATUS.INVALID
      host.chargeFuel(length >>> 0)
      return host.log(name, host.memory.range(pointer, length))
    },
  },
  {
    name: 'register_capability',
    params: [
      { name: 'name_ptr', type: 'i32' },
      { name: 'name_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'register',
    fuel: 1_000,
    summary:
      'Makes the agent reachable as `capability:<name>`. Answers OK, also when it is registered already, DENIED for a name that ' +
      'is not granted, LIMIT when the agent has registered too many.',
    bind: (host) => (pointer: number, length: number) => {
      if (length >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
      return host.registerCapability(host.memory.readText(pointer, length))
    },
  },
  {
    name: 'now_micros',
    params: [],
    result: 'i64',
    grant: 'clock',
    fuel: 100,
    summary: 'Answers the microseconds since 1970-01-01T00:00Z, in steps of the granted resolution, never going back.',
    bind: (host) => () => host.nowMicros(),
  },
  {
    name: 'random_u32',
    params: [],
    result: 'i32',
    grant: 'random',
    fuel: 100,
    summary: 'Answers 32 random bits from the granted source.',
    bind: (host) => () => host.randomU32() | 0,
  },
  {
    name: 'charge_cost',
    params: [{ name: 'units', type: 'i64' }],
    result: 'i32',
    grant: null,
    fuel: 100,
    summary:
      "Charges a cost, in a unit of the agents' own, to the budget `cost` of what the message that is handled belongs to. It counts " +
      'when the handling has ended; beyond the budget nothing more is sent there. Answers OK, INVALID for a number below 0 or ' +
      'above 2^53 - 1.',
    bind: (host) => (units: bigint) => host.chargeCost(units),
  },
  {
    name: 'get_config',
    params: [
      { name: 'key_ptr', type: 'i32' },
      { name: 'key_len', type: 'i32' },
      { name: 'out_ptr', type: 'i32' },
      { name: 'out_capacity', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    fuel: 500,
    summary:
      'Writes the value of a key of the configuration of the agent to `out_ptr`, as UTF-8 without a final zero, and answers its ' +
      'length. When the length is greater than `out_capacity`, nothing is written: call again with enough room. NOT_FOUND when ' +
      'there is no such key.',
    bind: (host) => (keyPointer: number, keyLength: number, outPointer: number, outCapacity: number) => {
      if (keyLength >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
      const value = host.config(host.memory.readText(keyPointer, keyLength))
      if (value === undefined) return STATUS.NOT_FOUND
      if (value.length > outCapacity >>> 0) return value.length
      host.chargeFuel(value.length)
      host.memory.write(outPointer, value)
      return value.length
    },
  },
  ...STORE_FUNCTIONS,
  ...TIMER_FUNCTIONS,
  ...TOPIC_FUNCTIONS,
  ...SERVICE_FUNCTIONS,
  ...AUTHORITY_FUNCTIONS,
  ...DIRECTORY_FUNCTIONS,
]

/** caxton ABI 1: what a guest imports from module `caxton`. */
export const CAXTON_ABI: HostModule<CaxtonHost> = { name: 'caxton', fault: STATUS.FAULT, functions }

/** What a guest of the caxton ABI exports. */
export const CAXTON_EXPORTS = [
  {
    name: 'memory',
    signature: 'memory',
    required: true,
    summary: 'The linear memory that messages are written to.',
  },
  {
    name: 'caxton_alloc',
    signature: '(len: i32) -> i32',
    required: true,
    summary:
      'Returns the address of `len` bytes for a message, 0 if there are none. The bytes belong to the guest; they stay valid until `handle_message` for that message returns.',
  },
  {
    name: 'handle_message',
    signature: '(ptr: i32, len: i32) -> i32',
    required: true,
    summary:
      'Handles one message. 0: handled; 1: not understood, the runtime tells the sender; any other number: failed, the runtime tells the sender.',
  },
  {
    name: 'agent_init',
    signature: '() -> i32',
    required: false,
    summary: 'Runs once before the first message. Any number but 0 fails the agent.',
  },
  {
    name: 'handle_timer',
    signature: '(id: i32) -> i32',
    required: false,
    summary:
      'Runs when a timer is due, like the handling of a message: same limits, same answers; nobody is told of a failure. A module that imports `set_timer` must export it.',
  },
  {
    name: '_initialize',
    signature: '() -> ()',
    required: false,
    summary: 'Runs once before everything else (the entry of a WASI reactor).',
  },
] as const
