import type { Answer } from '../../capability/index.ts'
import { CAXTON_ABI, GuestMemory, HANDLED } from '../../capability/index.ts'
import { SYSTEM_CLOCK } from '../../core/index.ts'
import { createClockSource, createRandomSource, WASI_PREVIEW1 } from '../../wasi/index.ts'
import type { DoorParts, DoorSession, GuestFunction, GuestStep, GuestSteps } from '../doors/door.ts'
import { DOORS } from '../doors/doors.ts'
import type { Pace } from '../pace.ts'
import { paceOf } from '../pace.ts'
import type { Ending, GuestCall, GuestSpec } from '../protocol.ts'
import type { Usage } from '../sandbox.ts'
import type { HostParts } from './agent-host.ts'
import { AgentHost } from './agent-host.ts'
import type { CallResult } from './call-result.ts'
import type { CpuClock } from './cpu-clock.ts'
import { CallClock } from './cpu-clock.ts'
import type { Driver, Seat } from './driver.ts'
import { toBeginning } from './driver.ts'
import { explainInstantiation, explainRun } from './ending.ts'
import { LateMemory } from './late-memory.ts'
import { createSink, LineSink } from './line-sink.ts'
import type { BoundModule } from './linker.ts'
import { linkImports } from './linker.ts'
import type { FuelCounter, StackFloor, StackLevel } from './meter.ts'
import { Meter } from './meter.ts'
import { runSteps } from './run-steps.ts'
import type { CallEnd } from './sliced-call.ts'
import { SlicedCall, Suspension } from './sliced-call.ts'
import { WaitCalls } from './wait-calls.ts'
import type { WaitGate } from './wait-gate.ts'
import { WAITS } from './wait-gate.ts'
import { WasiSystem } from './wasi-system.ts'

/** What the guests of one thread share. */
export interface GuestParts extends HostParts {
  readonly run: string
  /** Fuel of a slice: a guest with a greater budget for a call asks for more when it is used up. */
  readonly sliceFuel: number
  /** What a guest calls then: one that may be suspended, and one that must not be. */
  readonly hooks: { readonly suspending: CallableFunction; readonly granting: CallableFunction }
  /** What host calls suspend a guest with. */
  readonly gate: WaitGate
  readonly driver: Driver
  readonly cpu: CpuClock
}

/** One instance in its thread, with everything its imports act on. */
export class Guest {
  readonly #spec: GuestSpec
  readonly #parts: GuestParts
  readonly #meter: Meter
  readonly #clock: CallClock
  readonly #memory = new LateMemory()
  readonly #host: AgentHost
  readonly #lines: readonly LineSink[]
  readonly #session: DoorSession
  readonly #waits: WaitCalls
  readonly #system: WasiSystem
  readonly #imports: () => WebAssembly.Imports
  readonly pace: Pace
  readonly #hook: CallableFunction | null
  readonly #promising = new Map<string, ReturnType<typeof WebAssembly.promising>>()
  #sliced: Suspension | null = null
  #seat: Seat | null = null
  /** What a message that is driven is about. */
  #driven: { readonly call: GuestCall; readonly message: Uint8Array } | null = null
  #exports: WebAssembly.Exports = Object.create(null)
  #tableGrowth: { readonly value: number } | null = null
  #exitCode: number | null = null
  #owed = 0n

  constructor(parts: GuestParts, spec: GuestSpec) {
    const { agent, name, grants, limits, config, kept } = spec
    this.#spec = spec
    this.#parts = parts
    this.#meter = new Meter(limits, parts.sliceFuel)
    this.#clock = new CallClock(parts.cpu)
    const meter = this.#meter
    const memory = new GuestMemory(this.#memory)
    const clock = createClockSource(grants.clock, SYSTEM_CLOCK)
    const random = createRandomSource(grants.random)
    const { run } = parts
    this.#host = new AgentHost(parts, { agent, name, run, grants, limits, config, memory, meter, clock, random, kept })
    const host = this.#host
    const stdout = createSink('stdout', host, spec)
    const stderr = createSink('stderr', host, spec)
    this.#lines = [stdout, stderr].filter((sink) => sink instanceof LineSink)
    const door = DOORS[spec.door]
    const { pace, isWhole, mayWait } = paceOf(spec.door, spec.imports, limits.fuel, parts.sliceFuel)
    this.pace = pace
    const { suspending, granting } = parts.hooks
    this.#hook = isWhole ? null : this.pace === 'sliced' ? suspending : granting
    this.#waits = new WaitCalls(
      {
        enter: (cost, count) => meter.enter(cost, count),
        escape: (thrown, fault) => meter.escape(thrown, fault) as number,
        canSuspend: () => this.#sliced !== null && !meter.isNested,
        endLate: () =>
          meter.end({ code: 'ERR_LIMIT_WAIT', detail: `${limits.waitMs} ms`, data: { limit: limits.waitMs } }),
      },
      limits.waitMs,
    )
    this.#session = door.open(this.#createDoorParts(memory))
    const exit = (code: number) => this.#exit(code)
    const assertTime = () => this.assertMayGoOn(0n)
    this.#system = new WasiSystem({ memory, meter, clock, random, stdout, stderr, exit, assertTime }, spec)
    const bound: BoundModule[] = [
      { module: CAXTON_ABI, host },
      { module: WASI_PREVIEW1, host: this.#system.host },
      ...door.modules.map((module) => ({ module, host: this.#session })),
    ]
    const waiting = mayWait ? { gate: parts.gate, calls: this.#waits } : null
    this.#imports = () => linkImports(spec.imports, bound, grants, meter, waiting)
  }

  /** Runs one call to its end. Must not be called again after one that ended the guest. */
  run(call: GuestCall): CallResult {
    this.#begin(call)
    try {
      return this.#conclude(call, {
        status: runSteps(this.#steps(call), ({ name, args }) => this.#function(name)!(...args)),
      })
    } catch (thrown) {
      return this.#conclude(call, { thrown })
    }
  }

  /**
   * Begins a call that others may interrupt: it runs until its first slice is used up. `onEnd` gets its result, at once or in
   * a later microtask. Must not be called before the last call has ended, nor after one that ended the guest.
   */
  runSliced(call: GuestCall, onEnd: (result: CallResult) => void): void {
    this.#begin(call)
    const sliced = new SlicedCall({
      steps: this.#steps(call),
      call: (step) => this.#callPromising(step),
      onEnd: (end) => {
        this.#sliced = null
        onEnd(this.#conclude(call, end))
      },
    })
    this.#sliced = sliced
    sliced.start()
  }

  /** Whether a message for it is to be begun by the driver, which others may interrupt as well. */
  get isDriven(): boolean {
    return this.#seat !== null
  }

  /** From the driver: begins a message. Like `runSliced`, but `endDriven` has to be called with how it ended. */
  beginDriven(call: GuestCall & { readonly kind: 'handle' }): number {
    this.#sliced = new Suspension()
    this.#begin(call)
    const message = Buffer.from(call.text)
    this.#driven = { call, message }
    return toBeginning(this.#seat!, message.length)
  }

  /** From the driver: the guest has made room for its message. */
  placeDriven(pointer: number): void {
    this.#session.direct!.place(pointer, this.#driven!.message)
  }

  /** Ends what `beginDriven` has begun. */
  endDriven(end: CallEnd): CallResult {
    this.#sliced = null
    const { call } = this.#driven!
    this.#driven = null
    return this.#conclude(call, end)
  }

  /** From a slice hook: throws TRAP if the guest must end, because the fuel it owes or its wall time is used up. */
  assertMayGoOn(owed: bigint): void {
    const { wallMs } = this.#spec.limits
    this.#meter.assertFuel(owed)
    if (this.ranMs() >= wallMs) {
      this.#meter.end({ code: 'ERR_LIMIT_WALL', detail: `${wallMs} ms`, data: { limit: wallMs } })
    }
  }

  /** From a slice hook: answers the counter of a guest that goes on without waiting. */
  refill(owed: bigint): bigint {
    this.assertMayGoOn(owed)
    return this.#meter.refill(owed)
  }

  /** Whether nobody waits any more for how its call ends. */
  get isAbandoned(): boolean {
    return this.#sliced?.isAbandoned ?? false
  }

  get isSuspended(): boolean {
    return this.#sliced?.isSuspended ?? false
  }

  /** From the slice hook: stops the clock of the guest and answers what it has to wait for. */
  suspend(owed: bigint): Promise<bigint> {
    this.#clock.stop()
    this.#owed = owed
    return this.#sliced!.suspend()
  }

  /** From the gate: makes a host call that may wait; WAITS if it has to: then `wait` comes next. */
  callWaiting(index: number, ...args: readonly unknown[]): number {
    return this.#waits.attempt(index, args)
  }

  /** From the gate: stops the clock of the guest and begins to wait. The guest may go on, in a turn, from `onReady` on. */
  wait(onReady: () => void): Promise<number> {
    this.#clock.stop()
    const answer = this.#sliced!.suspend<number>()
    this.#waits.open(onReady)
    return answer
  }

  /** What the guest has asked the main thread for has come. */
  takeAnswer(id: number, answer: Answer): void {
    this.#host.takeAnswer(id, answer)
  }

  /** Whether the guest waits for something else than its turn. */
  get isWaiting(): boolean {
    return this.#waits.isWaiting
  }

  /** After `resume` has answered false: like `wait`, for more of what the guest waits for. */
  waitOn(onReady: () => void): void {
    this.#clock.stop()
    this.#waits.open(onReady)
  }

  /** Lets a guest that is suspended go on in a microtask. False if it has to wait for more: then `waitOn` comes next. */
  resume(): boolean {
    this.#clock.resume()
    if (!this.#waits.isOpen) {
      this.#sliced!.resume(this.#meter.refill(this.#owed))
      return true
    }
    try {
      const answer = this.#waits.finish()
      if (answer === WAITS) return false
      this.#sliced!.resume(answer)
    } catch (thrown) {
      this.#sliced!.unwind(thrown)
    }
    return true
  }

  /** Frees the stack of a call that is suspended, and what it waits for. The guest must not be called any more. */
  abandon(): void {
    this.#waits.giveUp()
    this.#sliced?.abandon()
  }

  /** Closes what the guest has open. It must not be called any more. Idempotent. */
  close(): void {
    this.abandon()
    if (this.#seat !== null) this.#parts.driver.leave(this.#seat)
    this.#seat = null
    this.#system.close()
  }

  /** Milliseconds that the call has run, without what it waited between slices. */
  ranMs(): number {
    return this.#clock.ranMs()
  }

  get fuelUsed(): number {
    return this.#meter.fuelUsed
  }

  /** Returns what the last call has used until now. */
  readUsage(): Usage {
    const wallMs = this.ranMs()
    return {
      fuel: this.#meter.fuelUsed,
      cpuMs: this.#clock.cpuMs(wallMs),
      wallMs,
      memoryBytes: this.#memory.buffer.byteLength,
      tableElements: this.#spec.tableElements + (this.#tableGrowth?.value ?? 0),
      stackBytes: this.#meter.stackPeak,
      hostCalls: this.#meter.hostCalls,
      callsByName: this.#meter.callsByName(),
      messagesSent: this.#host.messagesSent,
      logBytes: this.#host.logBytes,
    }
  }

  #begin(call: GuestCall): void {
    this.#clock.begin()
    this.#meter.begin()
    this.#waits.begin()
    this.#host.begin(call.kind === 'handle' ? call.sender : null)
    const refused = this.#exports[this.#spec.names.refusedPages] as WebAssembly.Global | undefined
    if (refused !== undefined) refused.value = typeof refused.value === 'bigint' ? 0n : 0
  }

  *#steps(call: GuestCall): GuestSteps {
    if (call.kind === 'create') return this.#instantiate()
    if (call.kind === 'export') {
      for (const part of this.#system.export(call.at)) this.#host.passPart(part)
      return 0
    }
    if (call.kind === 'start') this.#meter.chargeFuel(this.#spec.instantiationFuel)
    if (call.kind === 'start' && this.#spec.names.start !== undefined) {
      yield { name: this.#spec.names.start, args: [] }
    }
    if (call.kind === 'timer' && !this.#host.beginTimer(call.id, call.setting)) return 0
    const steps = this.#open(call)
    return typeof steps === 'number' ? steps : yield* steps
  }

  #open(call: Exclude<GuestCall, { readonly kind: 'create' }>): number | GuestSteps {
    if (call.kind === 'handle') return this.#session.handle(Buffer.from(call.text))
    return call.kind === 'timer' ? this.#session.timer(call.id) : this.#session.start()
  }

  #conclude(call: GuestCall, end: CallEnd): CallResult {
    try {
      if ('thrown' in end) throw end.thrown
      for (const sink of this.#lines) sink.flush()
      const effects = this.#host.finish(end.status === HANDLED.OK)
      return { status: end.status, ending: null, usage: this.readUsage(), effects }
    } catch (thrown) {
      return { status: -1, ending: this.#explain(call, thrown), usage: this.readUsage(), effects: null }
    }
  }

  /** Calls an export on a stack of its own, with no frame of JavaScript on it. */
  #callPromising({ name, args }: GuestStep): Promise<number | bigint | undefined> {
    let promising = this.#promising.get(name)
    if (promising === undefined) {
      promising = WebAssembly.promising(this.#exports[name] as CallableFunction)
      this.#promising.set(name, promising)
    }
    this.#meter.enterStack()
    return promising(...args) as Promise<number | bigint | undefined>
  }

  #instantiate(): number {
    this.#exports = new WebAssembly.Instance(this.#spec.module, this.#imports()).exports
    const memory = this.#exports['memory']
    if (memory instanceof WebAssembly.Memory) this.#memory.attach(memory)
    const { fuel, stack, stackFloor, slice, tableGrowth } = this.#spec.names
    const find = <Global>(name: string) => this.#exports[name] as unknown as Global
    this.#meter.attach(find<FuelCounter>(fuel), find<StackLevel>(stack), find<StackFloor>(stackFloor))
    this.#tableGrowth = find<{ readonly value: number }>(tableGrowth)
    const hook = this.#exports[slice] as unknown as { value: CallableFunction | null }
    hook.value = this.#hook
    this.#takeSeat()
    return 0
  }

  #takeSeat(): void {
    const direct = this.#session.direct ?? null
    if (this.pace !== 'sliced' || direct === null) return
    const find = (name: string) => this.#exports[name] as CallableFunction
    this.#seat = this.#parts.driver.seat(find(direct.allocate), find(direct.handle))
  }

  #explain(call: GuestCall, thrown: unknown): Ending {
    for (const sink of this.#lines) sink.flush()
    this.#host.finish(false)
    if (call.kind === 'create') return explainInstantiation(thrown)
    const refused = this.#exports[this.#spec.names.refusedPages] as WebAssembly.Global | undefined
    const refusedPages = Number(refused?.value ?? 0)
    return explainRun(thrown, this.#meter, this.#spec.limits, {
      refusedPages,
      memoryBytes: this.#memory.buffer.byteLength,
    })
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
