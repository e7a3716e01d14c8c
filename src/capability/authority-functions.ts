import type { HostFunction } from './host-function.ts'
import type { ServiceHost } from './service-functions.ts'
import { STATUS } from './status.ts'

/** States of a delegation, in the order of the numbers that guests give. */
export const DELEGATION_STATES = ['active', 'paused', 'revoked'] as const
export type DelegationState = (typeof DELEGATION_STATES)[number]

const NOTHING = new Uint8Array()
/** Longest handle and longest name of an agent, bytes. */
const NAME_BYTES = 64
/** Stands between a handle and a request. */
const LINE_END = 0x0a
const TEXT = new TextEncoder()

/** Functions by which agents hand authority on: grants to others, and agents of their own. */
export const AUTHORITY_FUNCTIONS: readonly HostFunction<ServiceHost>[] = [
  {
    name: 'delegate',
    params: [
      { name: 'request_ptr', type: 'i32' },
      { name: 'request_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'delegate',
    fuel: 5_000,
    waits: true,
    summary:
      'Passes a grant on to another agent, or a part of it. The request is JSON text: `to`, the name of that agent; `grant`, one ' +
      'that may be passed on; `value`, as a system file writes it and not wider than what is held; and `from`, the handle of a ' +
      'delegation to pass on instead of the own grant. Secrets come along unseen. Answers the length of a JSON text to be taken ' +
      'by `take_result`: `handle`, to be sent to that agent in a message. DENIED for what is wider than what is held, NOT_FOUND ' +
      'when that agent does not run, LIMIT for too many or too long a chain, INVALID.',
    bind: (host) => (pointer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      return host.ask('delegate', host.memory.range(pointer, length), NOTHING)
    },
  },
  {
    name: 'use_delegation',
    params: [
      { name: 'handle_ptr', type: 'i32' },
      { name: 'handle_len', type: 'i32' },
      { name: 'request_ptr', type: 'i32' },
      { name: 'request_len', type: 'i32' },
      { name: 'body_ptr', type: 'i32' },
      { name: 'body_len', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    fuel: 10_000,
    waits: true,
    summary:
      'Does with a delegation what `http_fetch` or `call_tool` does with a grant: for `http` the request is that of `http_fetch` ' +
      'and the body its body, for `tools` the request is the name of the tool and the body its arguments. Answers like the one ' +
      'or the other. DENIED for a handle that another agent holds, that is paused or revoked, or whose giver is gone.',
    bind:
      (host) =>
      (
        handlePointer: number,
        handleLength: number,
        requestPointer: number,
        requestLength: number,
        bodyPointer: number,
        bodyLength: number,
      ) => {
        if (handleLength >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
        host.chargeFuel((requestLength >>> 0) + (bodyLength >>> 0))
        const handle = host.memory.range(handlePointer, handleLength)
        const request = host.memory.range(requestPointer, requestLength)
        const text = new Uint8Array(handle.length + 1 + request.length)
        text.set(handle)
        text[handle.length] = LINE_END
        text.set(request, handle.length + 1)
        return host.ask('use_delegation', text, host.memory.range(bodyPointer, bodyLength))
      },
  },
  {
    name: 'set_delegation',
    params: [
      { name: 'handle_ptr', type: 'i32' },
      { name: 'handle_len', type: 'i32' },
      { name: 'state', type: 'i32' },
    ],
    result: 'i32',
    grant: null,
    fuel: 2_000,
    waits: true,
    summary:
      'Sets the state of a delegation: 0 active, 1 paused, 2 revoked, which cannot be undone. It holds for everything that was ' +
      'made of it, too. Whoever gave it or what it was made of may; its holder may revoke it. DENIED for any other handle.',
    bind: (host) => (pointer: number, length: number, state: number) => {
      const name = DELEGATION_STATES[state]
      if (length >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
      if (name === undefined) return STATUS.INVALID
      return host.ask('set_delegation', host.memory.range(pointer, length), TEXT.encode(name))
    },
  },
  {
    name: 'spawn_agent',
    params: [
      { name: 'request_ptr', type: 'i32' },
      { name: 'request_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'spawn',
    fuel: 50_000,
    waits: true,
    summary:
      'Starts an agent of a template of the system. The request is JSON text: `template`, and if wanted `name`, which is put ' +
      'behind the own one and a dot, and `config`, an object of texts over that of the template. Its grants are those of the ' +
      'template, which must not be wider than the own ones; it may write to the agent that started it, and that one to it. It ' +
      'ends with the agent that started it. Answers the length of a JSON text to be taken by `take_result`: `name`. DENIED for a ' +
      'template that is not granted or has wider grants, LIMIT for too many, INVALID, FAILED when it could not start.',
    bind: (host) => (pointer: number, length: number) => {
      host.chargeFuel(length >>> 0)
      return host.ask('spawn_agent', host.memory.range(pointer, length), NOTHING)
    },
  },
  {
    name: 'stop_agent',
    params: [
      { name: 'name_ptr', type: 'i32' },
      { name: 'name_len', type: 'i32' },
    ],
    result: 'i32',
    grant: 'spawn',
    fuel: 5_000,
    waits: true,
    summary: 'Stops an agent that was started by `spawn_agent` of this agent, at once. NOT_FOUND for any other.',
    bind: (host) => (pointer: number, length: number) => {
      if (length >>> 0 > NAME_BYTES) return STATUS.TOO_LARGE
      return host.ask('stop_agent', host.memory.range(pointer, length), NOTHING)
    },
  },
]
