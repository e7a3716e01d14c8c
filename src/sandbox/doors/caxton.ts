import { ASSEMBLYSCRIPT_ENV } from './assemblyscript.ts'
import type { Door, DoorParts, DoorSession, GuestFunction } from './door.ts'

/** An agent of caxton ABI 1: a core module that exports `handle_message`. */
export const CAXTON_DOOR: Door<CaxtonSession> = {
  name: 'caxton',
  exports: [
    { name: 'memory', kind: 'memory', required: true },
    { name: 'caxton_alloc', kind: 'function', required: true, params: ['i32'], results: ['i32'] },
    { name: 'handle_message', kind: 'function', required: true, params: ['i32', 'i32'], results: ['i32'] },
    { name: 'agent_init', kind: 'function', required: false, params: [], results: ['i32'] },
    { name: '_initialize', kind: 'function', required: false, params: [], results: [] },
  ],
  modules: [ASSEMBLYSCRIPT_ENV],
  open: (parts) => new CaxtonSession(parts),
}

class CaxtonSession implements DoorSession {
  readonly parts: DoorParts
  #alloc: GuestFunction | undefined
  #handleMessage: GuestFunction | undefined

  constructor(parts: DoorParts) {
    this.parts = parts
  }

  start(): number {
    this.parts.function('_initialize')?.()
    return toStatus(this.parts.function('agent_init')?.())
  }

  handle(message: Uint8Array): number {
    const { memory } = this.parts
    this.#alloc ??= this.parts.function('caxton_alloc')
    this.#handleMessage ??= this.parts.function('handle_message')
    const pointer = Number(this.#alloc?.(message.length) ?? 0) >>> 0
    if (pointer === 0 || pointer + message.length > memory.byteLength) this.#refusePointer(pointer, message.length)
    memory.write(pointer, message)
    return toStatus(this.#handleMessage?.(pointer, message.length))
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
