import type { Door, DoorParts, DoorSession, GuestSteps } from './door.ts'

/** A WASI preview 1 command: it runs once from `_start` and takes no messages. */
export const COMMAND_DOOR: Door = {
  name: 'command',
  exports: [
    { name: 'memory', kind: 'memory', required: true },
    { name: '_start', kind: 'function', required: true, params: [], results: [] },
  ],
  modules: [],
  isSliced: true,
  open: (parts) => new CommandSession(parts),
}

class CommandSession implements DoorSession {
  readonly #parts: DoorParts

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  /** Answers the exit code. */
  *start(): GuestSteps {
    try {
      yield { name: '_start', args: [] }
      return 0
    } catch (thrown) {
      const code = this.#parts.exitCode()
      if (code === null) throw thrown
      return code
    }
  }

  handle(): number {
    return this.#parts.end({ code: 'ERR_GUEST_ABI', detail: 'a command takes no messages' })
  }

  timer(): number {
    return this.#parts.end({ code: 'ERR_GUEST_ABI', detail: 'a command has no timers' })
  }
}
