import type { Answer } from '../../capability/index.ts'
import type { ByteSink, ByteSource } from '../../wasi/index.ts'
import { createByteSource } from '../../wasi/index.ts'
import type { GuestSpec } from '../protocol.ts'
import type { OutputStream } from '../sandbox.ts'
import type { AgentHost } from './agent-host.ts'
import { AskedInput, AskedOutput } from './asked-streams.ts'
import { LineSink } from './line-sink.ts'

/**
 * Standard input, output and error of one guest. A command's output goes out byte for byte, an agent's becomes lines of its log; without
 * the grant `log` both are closed.
 */
export class StandardStreams {
  readonly stdin: ByteSource
  readonly stdout: ByteSink | null
  readonly stderr: ByteSink | null
  readonly #host: AgentHost
  readonly #lines: LineSink[] = []
  readonly #input: AskedInput | null
  readonly #output: AskedOutput | null

  constructor(host: AgentHost, { door, grants, stdin }: Pick<GuestSpec, 'door' | 'grants' | 'stdin'>) {
    const emit: ConstructorParameters<typeof AskedInput>[0] = (ask) => host.askForStream(ask)
    this.#host = host
    this.#input = stdin === 'asked' ? new AskedInput(emit) : null
    this.#output = door === 'command' ? new AskedOutput(emit) : null
    this.stdin = stdin === 'asked' ? this.#input! : createByteSource(stdin)
    const isOpen = grants.log !== null
    this.stdout = isOpen ? this.#open('stdout') : null
    this.stderr = isOpen ? this.#open('stderr') : null
  }

  /** Writes what has no line end yet. */
  flush(): void {
    for (const sink of this.#lines) sink.flush()
  }

  /** Takes an answer of the main thread. False for one that is for somebody else. */
  takeAnswer(id: number, answer: Answer): boolean {
    return this.#input?.take(id, answer) === true || this.#output?.take(id) === true
  }

  #open(stream: OutputStream): ByteSink {
    const host = this.#host
    const takeRoom = (bytes: number) => host.takeLogRoom(bytes)
    if (this.#output !== null) {
      return this.#output.open((bytes) => {
        const taken = takeRoom(bytes.length)
        host.writeOutput(stream, bytes.subarray(0, taken))
        return taken
      })
    }
    const level = stream === 'stdout' ? 'info' : 'warn'
    const sink = new LineSink({ takeRoom, writeLine: (text) => host.writeLine(level, text) })
    this.#lines.push(sink)
    return sink
  }
}
