import type { ByteSink, ByteSource } from '../../wasi/index.ts'
import { ASSEMBLYSCRIPT_ENV } from './assemblyscript.ts'
import type { Door, DoorParts, DoorSession, GuestSteps } from './door.ts'
import { MessageInput } from './message-input.ts'
import { MessageOutput } from './message-output.ts'

/**
 * A WASI preview 1 command as an agent: it reads a message a line from standard input and writes one a line to standard output.
 *
 * The command runs once, from its start to its end. Handling a message begins when its line is there to be read and ends when the command
 * wants the next one: it then rests in the middle of its read, with nothing but its stack and its memory.
 */
export const STDIO_DOOR: Door<StdioSession> = {
  name: 'stdio',
  exports: [
    { name: 'memory', kind: 'memory', required: true },
    { name: '_start', kind: 'function', required: true, params: [], results: [] },
  ],
  modules: [ASSEMBLYSCRIPT_ENV],
  isSliced: true,
  open: (parts) => new StdioSession(parts),
}

class StdioSession implements DoorSession {
  readonly parts: DoorParts
  readonly #input = new MessageInput()
  readonly #output: MessageOutput

  constructor(parts: DoorParts) {
    this.parts = parts
    this.#output = new MessageOutput(parts.host, parts.limits.messageBytes)
  }

  get stdin(): ByteSource {
    return this.#input
  }

  get stdout(): ByteSink {
    return this.#output
  }

  /** Runs the command to its end: it ends the agent, whatever its exit code. */
  *start(): GuestSteps {
    try {
      yield { name: '_start', args: [] }
    } catch (thrown) {
      // A last line without its end is a message all the same, unless the command was stopped.
      if (this.parts.exitCode() === 0) this.#output.end()
      throw thrown
    }
    this.#output.end()
    return this.parts.exit(0)
  }

  handle(): number {
    return this.parts.end({ code: 'ERR_GUEST_ABI', detail: 'a command that does not read takes no messages' })
  }

  timer(): number {
    return this.parts.end({ code: 'ERR_GUEST_ABI', detail: 'a command has no handler for timers' })
  }

  wake(message: Uint8Array | null): void {
    if (message === null) this.#input.end()
    else this.#input.push(message)
  }
}
