import type { Answer } from '../../capability/index.ts'
import { CAXTON_ABI, GuestMemory, HANDLED } from '../../capability/index.ts'
import { WASI_PREVIEW1 } from '../../wasi/index.ts'
import type { DoorSession, FunctionStep, GuestSteps } from '../doors/door.ts'
import { DOORS } from '../doors/doors.ts'
import type { Effects } from '../kept/kept.ts'
import type { Pace } from '../pace.ts'
import { paceOf } from '../pace.ts'
import type { Ending, GuestCall, GuestSpec, HandleCall } from '../protocol.ts'
import type { Usage } from '../sandbox.ts'
import { AgentHost } from './agent-host.ts'
import type { CallResult } from './call-result.ts'
import { createDoorParts } from './door-parts.ts'
import type { Seat } from './driver.ts'
import { toBeginning } from './driver.ts'
import { explainInstantiation, explainRun } from './ending.ts'
import type { GuestParts } from './guest-parts.ts'
import { GuestInstance } from './instance.ts'
import { LateMemory } from './late-memory.ts'
import type { BoundModule } from './linker.ts'
import { linkImports } from './linker.ts'
import { encodeMessage, MessageWriter } from './message-writer.ts'
import type { FuelCounter, StackFloor, StackLevel } from './meter.ts'
import { Meter } from './meter.ts'
import { runSteps } from './run-steps.ts'
import type { CallEnd } from './sliced-call.ts'
import { SlicedCall, Suspension } from './sliced-call.ts'
import { Surroundings } from './surroundings.ts'
import { CallClock } from './thread-clock.ts'
import { TRAP } from './trap.ts'
import { WaitCalls } from './wait-calls.ts'
import { WAITS } from './wait-gate.ts'

/** One instance in its thread, with everything its imports act on. */
export class Guest {
  readonly #spec: GuestSpec
  readonly #parts: GuestParts
  readonly #meter: Meter
  readonly #instance: GuestInstance
  readonly #clock: CallClock
  readonly #late = new LateMemory()
  readonly #memory = new GuestMemory(this.#late)
  readonly #writer = new MessageWriter(this.#memory)
  readonly #host: AgentHost
  readonly #session: DoorSession
  readonly waits: WaitCalls
  readonly #around: Surroundings
  readonly #imports: () => WebAssembly.Imports
  readonly pace: Pace
  /** Whether a call may wait where nothing of the guest is on a stack. */
  readonly waitsBetween: boolean
  readonly #hook: CallableFunction | null
  /** The call that runs, or ran last. */
  #call: GuestCall | null = null
  #onEnd: (result: CallResult) => void = () => {}
  /** Whether it is suspended between two calls. */
  isResting = false
  /** Of the call with which the guest has ended. */
  #effects: Effects | null = null
  #sliced: Suspension | null = null
  #seat: Seat | null = null
  /** What a message that is driven is about. */
  #driven: HandleCall | null = null
  #tableGrowth: { readonly value: number } | null = null
  /** With which the guest has called `proc_exit`. */
  exitCode: number | null = null
  #owed = 0n

  constructor(parts: GuestParts, spec: GuestSpec) {
    const { grants, limits } = spec
    this.#spec = spec
    this.#parts = parts
    this.#meter = new Meter(limits, parts.sliceFuel)
    this.#clock = new CallClock(parts.clock)
    const meter = this.#meter
    this.#instance = new GuestInstance(spec.names, meter)
    const memory = this.#memory
    const { run } = parts
    const exit = (code: number) => this.exit(code)
    const around = new Surroundings({ memory, meter, host: () => host, session: () => this.#session, exit }, spec)
    const host = new AgentHost(parts, { ...spec, run, memory, meter, around })
    this.#around = around
    this.#host = host
    const door = DOORS[spec.door]
    const { pace, isWhole, mayWait } = paceOf(spec.door, spec.imports, limits.fuel, parts.sliceFuel)
    this.pace = pace
    this.waitsBetween = door.waitsBetween === true
    const { suspending, granting } = parts.hooks
    this.#hook = isWhole ? null : this.pace === 'sliced' ? suspending : granting
    this.waits = new WaitCalls(meter, limits.waitMs, () => this.#sliced !== null)
    this.#session = door.open(createDoorParts(this, spec, { memory, host, meter, instance: this.#instance }))
    const bound: BoundModule[] = [
      { module: CAXTON_ABI, host: () => host },
      { module: WASI_PREVIEW1, host: () => around.system.host },
      ...door.modules.map((module) => ({ module, host: () => this.#session })),
    ]
    const waiting = mayWait ? { gate: parts.gate, calls: this.waits } : null
    this.#imports = () => linkImports(spec.imports, bound, grants, meter, waiting)
  }

  /** Runs one call to its end. Must not be called again after one that ended the guest. */
  run(call: GuestCall): CallResult {
    this.#begin(call)
    try {
      return this.#conclude(call, {
        status: runSteps(this.#steps(call), (step) =>
          'wait' in step ? step.wait.refused : this.#instance.function(step.name)!(...step.args),
        ),
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
    if (this.isResting && call.kind !== 'handle' && call.kind !== 'finish') {
      onEnd(this.run(call))
      return
    }
    this.#onEnd = onEnd
    if (this.isResting) {
      this.#wake(call)
      return
    }
    this.#call = call
    this.#begin(call)
    const sliced = new SlicedCall({
      steps: this.#steps(call),
      call: (step) => ('wait' in step ? this.waits.expect(step.wait, this.#parts.suspend) : this.#callPromising(step)),
      onEnd: (end) => {
        this.#sliced = null
        this.#onEnd(this.#conclude(this.#call!, end))
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
  beginDriven(call: HandleCall): number {
    this.#sliced = new Suspension()
    this.#begin(call)
    this.#driven = call
    return toBeginning(this.#seat!, this.#writer.begin(call))
  }

  /** From the driver: the guest has made room for its message. */
  placeDriven(pointer: number): void {
    this.#writer.write(this.#session.direct!.place(pointer, this.#writer.length))
  }

  /** Ends what `beginDriven` has begun. */
  endDriven(end: CallEnd): CallResult {
    this.#sliced = null
    const call = this.#driven!
    this.#driven = null
    return this.#conclude(call, end)
  }

  /** From a slice hook: throws TRAP if the guest must end, because the fuel it owes or its wall time is used up. */
  assertMayGoOn(owed: bigint): void {
    const { wallMs } = this.#spec.limits
    this.#meter.assertFuel(owed)
    this.#assertHeap()
    if (this.ranMs() >= wallMs) {
      this.#meter.end({ code: 'ERR_LIMIT_WALL', detail: `${wallMs} ms`, data: { limit: wallMs } })
    }
  }

  #assertHeap(): void {
    const reason = this.#parts.heap?.check() ?? null
    if (reason !== null) this.#meter.end(reason)
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

  /** Whether it is suspended in the middle of a call. */
  get isSuspended(): boolean {
    return !this.isResting && (this.#sliced?.isSuspended ?? false)
  }

  /** From the slice hook: stops the clock of the guest and answers what it has to wait for. */
  suspend(owed: bigint): Promise<bigint> {
    this.#meter.noteSlice(this.#clock.stop())
    this.#owed = owed
    return this.#sliced!.suspend()
  }

  /** From the gate: stops the clock of the guest and begins to wait. The guest may go on, in a turn, from `onReady` on. */
  wait(onReady: () => void): Promise<number> {
    this.#clock.stop()
    const answer = this.#sliced!.suspend<number>()
    this.waits.open(onReady)
    return answer
  }

  /** What the guest has asked the main thread for has come. */
  takeAnswer(id: number, answer: Answer): void {
    if (!this.#around.takeAnswer(id, answer)) this.#host.takeAnswer(id, answer)
  }

  /** From the gate: ends the call, and answers how; then the guest is to `sleep`, or to `goOn` with its next call. */
  rest(): CallResult {
    this.waits.rest()
    this.isResting = true
    return this.#conclude(this.#call!, { status: 0 })
  }

  /** From the gate, of a guest that rests: answers what it waits for. */
  sleep(): Promise<number> {
    return this.#sliced!.suspend<number>()
  }

  /** Begins the next call of a guest that rests: answers what its host call is answered. Throws TRAP to end it. */
  goOn(call: GuestCall): number {
    this.#begin(call)
    this.#call = call
    this.isResting = false
    this.#session.wake!(call.kind === 'handle' ? encodeMessage(call) : null)
    const answer = this.waits.finish()
    if (answer === WAITS) throw TRAP
    return answer
  }

  /** After `resume` has answered false: like `wait`, for more of what the guest waits for. */
  waitOn(onReady: () => void): void {
    this.#clock.stop()
    this.waits.open(onReady)
  }

  /** Lets a guest that is suspended go on in a microtask. False if it has to wait for more: then `waitOn` comes next. */
  resume(): boolean {
    this.#clock.resume()
    if (!this.waits.isOpen) {
      this.#sliced!.resume(this.#meter.refill(this.#owed))
      return true
    }
    try {
      const answer = this.waits.finish()
      if (answer === WAITS) return false
      this.#sliced!.resume(answer)
    } catch (thrown) {
      this.#sliced!.unwind(thrown)
    }
    return true
  }

  /** Frees the stack of a call that is suspended, and what it waits for. The guest must not be called any more. */
  abandon(): void {
    this.waits.giveUp()
    this.#sliced?.abandon()
  }

  /** Closes what the guest has open. It must not be called any more. Idempotent. */
  close(): void {
    this.abandon()
    if (this.#seat !== null) this.#parts.driver.leave(this.#seat)
    this.#seat = null
    this.#around.close()
  }

  /** Milliseconds that the call has run, without what it waited between slices. */
  ranMs(): number {
    return this.#clock.ranMs()
  }

  get meter(): Pick<Meter, 'fuelUsed' | 'burden'> {
    return this.#meter
  }

  /** Returns what the last call has used until now. */
  readUsage(): Usage {
    const wallMs = this.ranMs()
    const { fuelUsed: fuel, stackPeak: stackBytes, hostCalls } = this.#meter
    return {
      fuel,
      cpuMs: this.#clock.cpuMs(wallMs),
      wallMs,
      memoryBytes: this.#memory.byteLength + this.#instance.hiddenBytes,
      tableElements: this.#spec.tableElements + (this.#tableGrowth?.value ?? 0),
      stackBytes,
      hostCalls,
      callsByName: this.#meter.callsByName(),
      messagesSent: this.#host.messagesSent,
      logBytes: this.#host.logBytes,
      cost: this.#host.cost,
    }
  }

  #wake(call: GuestCall): void {
    try {
      this.#sliced!.resume(this.goOn(call))
    } catch (thrown) {
      this.#sliced!.unwind(thrown)
    }
  }

  #begin(call: GuestCall): void {
    this.#clock.begin()
    if (this.isResting) this.#meter.beginAgain()
    else this.#meter.begin()
    this.waits.begin()
    this.#host.begin(call.kind === 'handle' ? call.sender : null)
    this.#instance.forgetRefusedPages()
  }

  *#steps(call: GuestCall): GuestSteps {
    if (call.kind === 'create') return this.#instantiate()
    if (call.kind === 'export') {
      for (const part of this.#around.system.export(call.at)) this.#host.passPart(part)
      return 0
    }
    if (call.kind === 'start') this.#meter.chargeFuel(this.#spec.instantiationFuel)
    if (call.kind === 'start' && this.#spec.names.start !== undefined) {
      yield { name: this.#spec.names.start, args: [] }
    }
    if (call.kind === 'timer' && !this.#host.beginTimer(call.id, call.setting)) return 0
    if (call.kind === 'finish') return 0
    const steps = this.#open(call)
    return typeof steps === 'number' ? steps : yield* steps
  }

  #open(call: Exclude<GuestCall, { readonly kind: 'create' }>): number | GuestSteps {
    if (call.kind === 'handle') return this.#session.handle(encodeMessage(call))
    return call.kind === 'timer' ? this.#session.timer(call.id) : this.#session.start()
  }

  #conclude(call: GuestCall, end: CallEnd): CallResult {
    try {
      if ('thrown' in end) throw end.thrown
      this.#assertHeap()
      this.#around.flush()
      const effects = this.#host.finish(end.status === HANDLED.OK)
      return { status: end.status, ending: null, usage: this.readUsage(), effects }
    } catch (thrown) {
      return { status: -1, ending: this.#explain(call, thrown), usage: this.readUsage(), effects: this.#effects }
    }
  }

  #callPromising({ name, args }: FunctionStep): Promise<number | bigint | undefined> {
    this.#meter.enterStack()
    return this.#instance.promising(name)(...args)
  }

  #instantiate(): number {
    this.#parts.heap?.begin()
    this.#instance.create(this.#spec.module, this.#imports())
    const find = <Export>(name: string) => this.#instance.find<Export>(name)
    const memory = find<unknown>('memory')
    if (memory instanceof WebAssembly.Memory) this.#late.attach(memory)
    const { fuel, stack, stackFloor, tableGrowth } = this.#spec.names
    this.#meter.attach(find<FuelCounter>(fuel), find<StackLevel>(stack), find<StackFloor>(stackFloor))
    this.#tableGrowth = find<{ readonly value: number }>(tableGrowth)
    this.#instance.setHook(this.#hook, this.pace === 'sliced' ? this.#parts.hooks.granting : null)
    this.#takeSeat()
    return 0
  }

  #takeSeat(): void {
    const direct = this.#session.direct ?? null
    if (this.pace !== 'sliced' || direct === null) return
    const find = (name: string) => this.#instance.find<CallableFunction>(name)
    this.#seat = this.#parts.driver.seat(find(direct.allocate), find(direct.handle))
  }

  #explain(call: GuestCall, thrown: unknown): Ending {
    this.#around.flush()
    this.#effects = this.#host.finish(this.#meter.reason?.code === 'ERR_GUEST_ENDED')
    if (call.kind === 'create') return explainInstantiation(thrown)
    const { refusedPages, hiddenBytes } = this.#instance
    const memory = { refusedPages, memoryBytes: this.#memory.byteLength + hiddenBytes }
    return explainRun(thrown, this.#meter, this.#spec.limits, memory)
  }

  /** Ends the guest as `proc_exit` does. */
  exit(code: number): never {
    this.exitCode = code
    const hasEnded = code === 0 && this.#spec.door === 'stdio'
    const reason = hasEnded ? 'ERR_GUEST_ENDED' : 'ERR_GUEST_EXIT'
    return this.#meter.end({ code: reason, detail: `exit code ${code}`, data: { exitCode: code } })
  }
}
