import { CAXTON_ABI, GuestMemory } from '../../capability/index.ts'
import { SYSTEM_CLOCK } from '../../core/index.ts'
import type { ByteSink, WasiHost } from '../../wasi/index.ts'
import {
  createByteSource,
  createClockSource,
  createDescriptors,
  createRandomSource,
  WASI_PREVIEW1,
} from '../../wasi/index.ts'
import type { DoorParts, DoorSession, GuestFunction } from '../doors/door.ts'
import { DOORS } from '../doors/doors.ts'
import type { Ending, GuestCall, GuestSpec } from '../protocol.ts'
import type { OutputStream, Usage } from '../sandbox.ts'
import type { HostParts } from './agent-host.ts'
import { AgentHost } from './agent-host.ts'
import { explainInstantiation, explainRun } from './ending.ts'
import { LateMemory } from './late-memory.ts'
import { LineSink } from './line-sink.ts'
import type { BoundModule } from './linker.ts'
import { linkImports } from './linker.ts'
import type { FuelCounter, StackLevel } from './meter.ts'
import { Meter } from './meter.ts'

/** What the guests of one thread share. */
export interface GuestParts extends HostParts {
  readonly run: string
}

/** How one call ended. After an ending the guest must not be called again. */
export interface CallResult {
  readonly status: number
  readonly ending: Ending | null
  readonly usage: Usage
}

/**
 * The operating system counts the CPU time of a thread in steps of some milliseconds. A guest that runs does not wait, so
 * for calls shorter than this wall time stands for it.
 */
const CPU_STEP_MS = 10

/** One instance in its thread, with everything its imports act on. */
export class Guest {
  readonly #spec: GuestSpec
  readonly #meter: Meter
  readonly #memory = new LateMemory()
  readonly #host: AgentHost
  readonly #lines: readonly LineSink[]
  readonly #session: DoorSession
  readonly #imports: () => WebAssembly.Imports
  #exports: WebAssembly.Exports = Object.create(null)
  #exitCode: number | null = null
  #startedMs = 0
  #startedCpu: NodeJS.CpuUsage = { user: 0, system: 0 }

  constructor(parts: GuestParts, spec: GuestSpec) {
    const { agent, name, grants, limits, config } = spec
    this.#spec = spec
    this.#meter = new Meter(limits)
    const meter = this.#meter
    const memory = new GuestMemory(this.#memory)
    const clock = createClockSource(grants.clock, SYSTEM_CLOCK)
    const random = createRandomSource(grants.random)
    const { run } = parts
    this.#host = new AgentHost(parts, { agent, name, run, grants, limits, config, memory, meter, clock, random })
    const host = this.#host
    const stdout = this.#createSink('stdout')
    const stderr = this.#createSink('stderr')
    this.#lines = [stdout, stderr].filter((sink) => sink instanceof LineSink)
    const door = DOORS[spec.door]
    this.#session = door.open(this.#createDoorParts(memory))
    const wasi: WasiHost = {
      memory,
      chargeFuel: (fuel) => meter.chargeFuel(fuel),
      exit: (code) => this.#exit(code),
      args: spec.args,
      env: spec.env,
      descriptors: createDescriptors({ stdin: createByteSource(spec.stdin), stdout, stderr }),
      clock,
      random,
    }
    const bound: BoundModule[] = [
      { module: CAXTON_ABI, host },
      { module: WASI_PREVIEW1, host: wasi },
      ...door.modules.map((module) => ({ module, host: this.#session })),
    ]
    this.#imports = () => linkImports(spec.imports, bound, grants, meter)
  }

  /** Runs one call to its end. Must not be called again after one that ended the guest. */
  run(call: GuestCall): CallResult {
    this.#begin(call)
    try {
      const status = this.#call(call)
      for (const sink of this.#lines) sink.flush()
      this.#host.finish()
      return { status, ending: null, usage: this.readUsage() }
    } catch (thrown) {
      return { status: -1, ending: this.#explain(call, thrown), usage: this.readUsage() }
    }
  }

  /** Returns what the last call has used until now. */
  readUsage(): Usage {
    const wallMs = performance.now() - this.#startedMs
    return {
      fuel: this.#meter.fuelUsed,
      cpuMs: wallMs < CPU_STEP_MS ? wallMs : readCpuMs(this.#startedCpu, wallMs),
      wallMs,
      memoryBytes: this.#memory.buffer.byteLength,
      hostCalls: this.#meter.hostCalls,
      messagesSent: this.#host.messagesSent,
      logBytes: this.#host.logBytes,
    }
  }

  #begin(call: GuestCall): void {
    this.#startedCpu = process.threadCpuUsage()
    this.#startedMs = performance.now()
    this.#meter.begin()
    this.#host.begin(call.kind === 'handle' ? call.sender : null)
    const refused = this.#exports[this.#spec.names.refusedPages] as WebAssembly.Global | undefined
    if (refused !== undefined) refused.value = typeof refused.value === 'bigint' ? 0n : 0
  }

  #call(call: GuestCall): number {
    if (call.kind === 'create') return this.#instantiate()
    if (call.kind === 'handle') return this.#session.handle(Buffer.from(call.text))
    if (this.#spec.names.start !== undefined) this.#function(this.#spec.names.start)?.()
    return this.#session.start()
  }

  #instantiate(): number {
    this.#exports = new WebAssembly.Instance(this.#spec.module, this.#imports()).exports
    const memory = this.#exports['memory']
    if (memory instanceof WebAssembly.Memory) this.#memory.attach(memory)
    const { fuel, stack } = this.#spec.names
    this.#meter.attach(this.#exports[fuel] as unknown as FuelCounter, this.#exports[stack] as unknown as StackLevel)
    return 0
  }

  #explain(call: GuestCall, thrown: unknown): Ending {
    for (const sink of this.#lines) sink.flush()
    this.#host.finish()
    if (call.kind === 'create') return explainInstantiation(thrown)
    const refused = this.#exports[this.#spec.names.refusedPages] as WebAssembly.Global | undefined
    const refusedPages = Number(refused?.value ?? 0)
    return explainRun(thrown, this.#meter, this.#spec.limits, {
      refusedPages,
      memoryBytes: this.#memory.buffer.byteLength,
    })
  }

  /** A command's output goes out byte for byte; an agent's becomes lines of its log. */
  #createSink(stream: OutputStream): ByteSink | null {
    if (this.#spec.grants.log === null) return null
    const takeRoom = (bytes: number) => this.#host.takeLogRoom(bytes)
    if (this.#spec.door !== 'command') {
      const level = stream === 'stdout' ? 'info' : 'warn'
      return new LineSink({ takeRoom, writeLine: (text) => this.#host.writeLine(level, text) })
    }
    return {
      write: (bytes) => {
        const taken = takeRoom(bytes.length)
        this.#host.writeOutput(stream, bytes.subarray(0, taken))
        return taken
      },
    }
  }

  #createDoorParts(memory: GuestMemory): DoorParts {
    const { name, script, grants, limits } = this.#spec
    return {
      name,
      memory,
      host: this.#host,
      script,
      grants,
      limits,
      function: (exported) => this.#function(exported),
      end: (reason) => this.#meter.end(reason),
      exitCode: () => this.#exitCode,
    }
  }

  /** The exports have no prototype, so a name finds what the module exports or nothing. */
  #function(name: string): GuestFunction | undefined {
    const found = this.#exports[name]
    if (typeof found !== 'function') return undefined
    const exported = found as GuestFunction
    return (...args) => this.#meter.call(() => exported(...args))
  }

  #exit(code: number): never {
    this.#exitCode = code
    return this.#meter.end({ code: 'ERR_GUEST_EXIT', detail: `exit code ${code}`, data: { exitCode: code } })
  }
}

function readCpuMs(started: NodeJS.CpuUsage, wallMs: number): number {
  const { user, system } = process.threadCpuUsage(started)
  return Math.min((user + system) / 1_000, wallMs)
}
