import type { GuestMemory, ValueType } from '../../capability/index.ts'
import type { DoorExport, DoorParts, GuestStep } from './door.ts'

type Signature = readonly [params: readonly ValueType[], result: ValueType | null]

/** The functions of the QuickJS module that are used. A value is the address of a box that must be freed. */
const ENGINE_FUNCTIONS = {
  _initialize: [[], null],
  qjs_init2: [['i32'], 'i32'],
  qjs_set_max_stack_size: [['i32'], null],
  qjs_set_module_loader: [['i32'], null],
  qjs_set_promise_rejection_handler: [['i32'], null],
  qjs_eval: [['i32', 'i32', 'i32', 'i32'], 'i32'],
  qjs_call: [['i32', 'i32', 'i32', 'i32'], 'i32'],
  qjs_new_string: [['i32', 'i32'], 'i32'],
  qjs_new_number: [['f64'], 'i32'],
  qjs_new_error: [[], 'i32'],
  qjs_new_host_function: [['i32', 'i32', 'i32'], 'i32'],
  qjs_get_undefined: [[], 'i32'],
  qjs_get_global: [[], 'i32'],
  qjs_get_float64: [['i32'], 'f64'],
  qjs_get_string_len: [['i32', 'i32'], 'i32'],
  qjs_get_value_ptr: [['i32'], 'i32'],
  qjs_get_exception: [[], 'i32'],
  qjs_set_prop_string: [['i32', 'i32', 'i32'], 'i32'],
  qjs_free_cstring: [['i32'], null],
  qjs_free_value: [['i32'], null],
  qjs_dup_value: [['i32'], 'i32'],
  qjs_is_exception: [['i32'], 'i32'],
  qjs_is_string: [['i32'], 'i32'],
  qjs_is_number: [['i32'], 'i32'],
  qjs_is_function: [['i32'], 'i32'],
  qjs_is_job_pending: [[], 'i32'],
  qjs_execute_pending_job: [[], 'i32'],
  qjs_throw: [['i32'], 'i32'],
  wasm_malloc: [['i32'], 'i32'],
  wasm_free: [['i32'], null],
} as const satisfies Readonly<Record<string, Signature>>

type EngineFunction = keyof typeof ENGINE_FUNCTIONS

/** What a module must export to be QuickJS. */
export const ENGINE_EXPORTS: readonly DoorExport[] = [
  { name: 'memory', kind: 'memory', required: true },
  ...(Object.entries(ENGINE_FUNCTIONS) as [string, Signature][]).map(([name, [params, result]]) => ({
    name,
    kind: 'function' as const,
    required: true,
    params,
    results: result === null ? [] : [result],
  })),
]

/** Calls of the engine that run scripts: others of the thread may run in between, see `Door.isSliced`. */
export type EngineSteps<Result> = Generator<GuestStep, Result, number | bigint | undefined>

/** The address of a boxed value in the guest. */
export type Value = number

/** Room for a length and two arguments. */
const SCRATCH_BYTES = 12
const MODULE_FLAG = 1
const ALL_INTRINSICS = -1
/** `performance` ends the interpreter where there is no clock. */
const PERFORMANCE = 1 << 10
/**
 * Share of the agent's stack limit that the interpreter may use of its own stack in linear memory. Functions that call
 * each other, from scripts or by way of built-in ones, take less than five times as much of the limit: a script that recurses
 * without end gets a RangeError it can catch. Source text that is nested too deep ends the script instead.
 */
const STACK_SHARE = 5
/** Least heap that a script can start with, bytes. */
const LEAST_HEAP_BYTES = 256 * 1024
const UTF8 = new TextEncoder()

/**
 * QuickJS as the host sees it: numbers go in, numbers come out.
 *
 * Whatever the guest answers is taken as an address or a length that may be wrong; every access is checked by `GuestMemory`.
 */
export class JavaScriptEngine {
  readonly #parts: DoorParts
  #scratch = 0
  #undefined: Value = 0

  constructor(parts: DoorParts) {
    this.#parts = parts
  }

  get #memory(): GuestMemory {
    return this.#parts.memory
  }

  /** Calls a function of the engine that runs scripts, as long as they like. */
  *#run(name: EngineFunction, ...args: number[]): EngineSteps<number> {
    return Number((yield { name, args }) ?? 0)
  }

  /** Calls a function of the engine that runs none. */
  call(name: EngineFunction, ...args: number[]): number {
    return Number(this.#parts.function(name)?.(...args) ?? 0)
  }

  /** Makes the runtime, with its hooks. Its memory ends where that of the module does: a script sees an exception then. */
  start(): void {
    this.call('_initialize')
    const intrinsics = this.#parts.grants.clock === null ? ALL_INTRINSICS & ~PERFORMANCE : ALL_INTRINSICS
    if (this.call('qjs_init2', intrinsics) !== 0) this.#endForMemory('the interpreter cannot start')
    const heapBytes = this.#parts.limits.memoryBytes - this.#memory.byteLength
    if (heapBytes < LEAST_HEAP_BYTES) this.#endForMemory('the interpreter has no room for a script')
    this.call('qjs_set_max_stack_size', Math.floor(this.#parts.limits.stackBytes / STACK_SHARE))
    this.call('qjs_set_module_loader', 1)
    this.call('qjs_set_promise_rejection_handler', 1)
    this.#scratch = this.#allocate(SCRATCH_BYTES)
    this.#undefined = this.call('qjs_get_undefined')
  }

  /** Runs a module. Whatever it throws becomes a rejection that the hooks see. */
  *evaluateModule(source: string, name: string): EngineSteps<Value> {
    const code = this.writeText(source)
    const file = this.writeText(name)
    const value = yield* this.#run('qjs_eval', code.pointer, code.length, file.pointer, MODULE_FLAG)
    this.call('wasm_free', code.pointer)
    this.call('wasm_free', file.pointer)
    return value
  }

  /** Puts a function that calls the host on the global object. */
  defineHostFunction(name: string): void {
    const text = this.writeText(name)
    const value = this.call('qjs_new_host_function', text.pointer, text.length, 0)
    const global = this.call('qjs_get_global')
    this.call('qjs_set_prop_string', global, text.pointer, value)
    for (const box of [value, global]) this.call('qjs_free_value', box)
    this.call('wasm_free', text.pointer)
  }

  /** Calls a function with one argument, which is freed. */
  *callFunction(callee: Value, argument: Value): EngineSteps<Value> {
    this.#memory.writeU32(this.#scratch + 4, argument)
    const result = yield* this.#run('qjs_call', callee, this.#undefined, 1, this.#scratch + 4)
    this.call('qjs_free_value', argument)
    return result
  }

  newString(bytes: Uint8Array): Value {
    const pointer = this.#write(bytes)
    const value = this.call('qjs_new_string', pointer, bytes.length)
    this.call('wasm_free', pointer)
    return value
  }

  /** Reads argument `index` of a host call as a number; NaN when it is none. */
  numberArgument(count: number, values: number, index: number): number {
    if (index >= count) return Number.NaN
    const value = this.#memory.readU32(values + index * 4)
    return this.call('qjs_is_number', value) === 0 ? Number.NaN : this.call('qjs_get_float64', value)
  }

  /** Returns the box of argument `index` of a host call, 0 when there is none. */
  argument(count: number, values: number, index: number): Value {
    return index < count ? this.#memory.readU32(values + index * 4) : 0
  }

  /**
   * Hands the UTF-8 bytes of a string value to `use`, no copy; undefined when the value is no string.
   * Costs the guest one unit of fuel a byte.
   */
  withString<Result>(value: Value, use: (bytes: Uint8Array) => Result): Result | undefined {
    if (value === 0 || this.call('qjs_is_string', value) === 0) return undefined
    return this.#useText(this.call('qjs_get_string_len', value, this.#scratch), use)
  }

  /** Like `withString`, for a value of any type, which a script turns into text. */
  *readText<Result>(value: Value, use: (bytes: Uint8Array) => Result): EngineSteps<Result | undefined> {
    return this.#useText(yield* this.#run('qjs_get_string_len', value, this.#scratch), use)
  }

  #useText<Result>(pointer: number, use: (bytes: Uint8Array) => Result): Result | undefined {
    if (pointer === 0) return undefined
    const length = this.#memory.readU32(this.#scratch)
    this.#parts.host.chargeFuel(length)
    const result = use(this.#memory.range(pointer, length))
    this.call('qjs_free_cstring', pointer)
    return result
  }

  /** Throws an Error in the guest with this message; answers what a host call then answers. */
  throwError(message: string): 0 {
    const error = this.call('qjs_new_error')
    const text = this.newString(UTF8.encode(message))
    const key = this.writeText('message')
    this.call('qjs_set_prop_string', error, key.pointer, text)
    this.call('qjs_throw', error)
    this.call('wasm_free', key.pointer)
    for (const box of [error, text]) this.call('qjs_free_value', box)
    return 0
  }

  /** Runs promise jobs until there are none; false when one could not run. Every job costs the guest fuel. */
  *runJobs(): EngineSteps<boolean> {
    while (this.call('qjs_is_job_pending') !== 0) {
      if ((yield* this.#run('qjs_execute_pending_job')) < 0) return false
    }
    return true
  }

  /** Reads text that ends with a zero byte, of at most `limit` bytes. */
  readName(pointer: number, limit: number): string {
    const room = Math.min(limit, this.#memory.byteLength - (pointer >>> 0))
    const bytes = this.#memory.range(pointer, Math.max(room, 0))
    const end = bytes.indexOf(0)
    return this.#memory.readText(pointer, end < 0 ? bytes.length : end)
  }

  /** Writes text with a final zero byte; whoever gets the pointer frees it. */
  writeText(text: string): { pointer: number; length: number } {
    const bytes = UTF8.encode(`${text}\0`)
    return { pointer: this.#write(bytes), length: bytes.length - 1 }
  }

  writeLength(pointer: number, length: number): void {
    this.#memory.writeU32(pointer, length)
  }

  #write(bytes: Uint8Array): number {
    const pointer = this.#allocate(bytes.length)
    this.#parts.host.chargeFuel(bytes.length)
    this.#memory.write(pointer, bytes)
    return pointer
  }

  #allocate(bytes: number): number {
    const pointer = this.call('wasm_malloc', bytes)
    return pointer === 0 ? this.#endForMemory(`the script leaves no room for ${bytes} bytes`) : pointer
  }

  #endForMemory(detail: string): never {
    return this.#parts.end({ code: 'ERR_LIMIT_MEMORY', detail, data: { limit: this.#parts.limits.memoryBytes } })
  }
}
