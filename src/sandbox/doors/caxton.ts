import { ASSEMBLYSCRIPT_ENV } from './assemblyscript.ts'
import type { DirectHandling, Door, DoorParts, DoorSession, GuestSteps } from './door.ts'

/** An agent of caxton ABI 1: a core module that exports `handle_message`. */
export const CAXTON_DOOR: Door<CaxtonSession> = {
  name: 'caxton',
  exports: [
    { name: 'memory', kind: 'memory', required: true },
    { name: 'caxton_alloc', kind: 'function', required: true, params: ['i32'], results: ['i32'] },
    { name: 'handle_message', kind: 'function', required: true, params: ['i32', 'i32'], results: ['i32'] },
    { name: 'agent_init', kind: 'function', required: false, params: [], results: ['i32'] },
    { name: 'handle_timer', kind: 'function', required: false, params: ['i32'], results: ['i32'] },
    { name: '_initialize', kind: 'function', required: false, params: [], results: [] },
  ],
  modules: [ASSEMBLYSCRIPT_ENV],
  isSliced: true,
  open: (parts) => new CaxtonSession(parts),
}

class CaxtonSession implements DoorSession {
  readonly parts: DoorParts
  readonly direct: DirectHandling = {
    allocate: 'caxton_alloc',
    handle: 'handle_message',
    place: (pointer, length) => this.#place(pointer, length),
  }

  constructor(parts: DoorParts) {
    this.parts = parts
  }

  *start(): GuestSteps {
    if (this.parts.function('_initialize') !== undefined) yield { name: '_initialize', args: [] }
    if (this.parts.function('agent_init') === undefined) return 0
    return toStatus(yield { name: 'agent_init', args: [] })
  }

  *handle(message: Uint8Array): GuestSteps {
    const { allocate, handle } = this.direct
    const pointer = Number(yield { name: allocate, args: [message.length] })
    this.parts.memory.write(this.#place(pointer, message.length), message)
    return toStatus(yield { name: handle, args: [pointer, message.length] })
  }

  #place(answer: number, length: number): number {
    const pointer = answer >>> 0
    if (pointer === 0 || pointer + length > this.parts.memory.byteLength) this.#refusePointer(pointer, length)
    return pointer
  }

  *timer(id: number): GuestSteps {
    return toStatus(yield { name: 'handle_timer', args: [id] })
  }

  #refusePointer(pointer: number, length: number): never {
    const detail =
      pointer === 0
        ? `caxton_alloc has no room for a message of ${length} bytes`
        : `caxton_alloc answered 0x${pointer.toString(16)}, and ${length} bytes from there do not lie in the memory`
    return this.parts.end({ code: 'ERR_GUEST_ABI', detail, data: { pointer, length } })
  }
}

function toStatus(answer: number | bigint | undefined): number {
  return answer === undefined ? 0 : Number(answer)
}
