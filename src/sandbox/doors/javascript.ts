import type { CaxtonHost, HostFunction, HostModule, Status } from '../../capability/index.ts'
import { CAXTON_ABI, hasGrant, LOG_LEVELS, STATUS } from '../../capability/index.ts'
import type { Door, DoorParts, DoorSession, GuestSteps } from './door.ts'
import { ScriptAsks } from './javascript-asks.ts'
import type { EngineSteps, Value } from './javascript-engine.ts'
import { ENGINE_EXPORTS, JavaScriptEngine } from './javascript-engine.ts'
import { explainException } from './javascript-exception.ts'
import { KeptCalls } from './javascript-kept.ts'
import type { Operation } from './javascript-prelude.ts'
import {
  API_MODULE,
  API_SOURCE,
  GLUE_MODULE,
  GLUE_SOURCE,
  HOST_GLOBAL,
  OPERATIONS,
  SCRIPT_SPECIFIER,
} from './javascript-prelude.ts'
import { RejectionTable } from './javascript-rejections.ts'
import { TopicCalls } from './javascript-topics.ts'

const HOST_CALL = 'host_call'
/** Longest text that is taken from an exception, bytes. */
const EXCEPTION_BYTES = 4_096
/** Longest name of a module, and of a capability or configuration key, bytes. */
const NAME_BYTES = 256
const UTF8 = new TextDecoder()

/** Fuel and grant of an operation are those of the function of the caxton ABI that does the same. */
const ABI_FUNCTIONS: Readonly<Partial<Record<Operation, HostFunction<CaxtonHost>>>> = {
  send: findAbiFunction('send_message'),
  log: findAbiFunction('log'),
  register: findAbiFunction('register_capability'),
  now: findAbiFunction('now_micros'),
  random: findAbiFunction('random_u32'),
  charge: findAbiFunction('charge_cost'),
  config: findAbiFunction('get_config'),
  store: findAbiFunction('store_data'),
  load: findAbiFunction('load_data'),
  delete: findAbiFunction('delete_data'),
  list: findAbiFunction('list_data'),
  setTimer: findAbiFunction('set_timer'),
  cancelTimer: findAbiFunction('cancel_timer'),
  publish: findAbiFunction('publish'),
  subscribe: findAbiFunction('subscribe_topic'),
  unsubscribe: findAbiFunction('unsubscribe_topic'),
}

/** A script inside QuickJS. The interpreter is a guest like any other; only numbers and text cross. */
class JavaScriptSession implements DoorSession {
  readonly #parts: DoorParts
  readonly #engine: JavaScriptEngine
  readonly #rejections: RejectionTable
  readonly #kept: KeptCalls
  readonly #topics: TopicCalls
  readonly #asks: ScriptAsks
  #answer: Value = 0
  #deliver: Value = 0
  #fail: Value = 0
  #fire: Value = 0
  #status: number | null = null

  constructor(parts: DoorParts) {
    this.#parts = parts
    this.#engine = new JavaScriptEngine(parts)
    this.#rejections = new RejectionTable(this.#engine)
    this.#kept = new KeptCalls(this.#engine, parts.host)
    this.#topics = new TopicCalls(this.#engine, parts.host)
    this.#asks = new ScriptAsks(this.#engine, parts)
  }

  *start(): GuestSteps {
    this.#begin()
    this.#engine.start()
    this.#engine.defineHostFunction(HOST_GLOBAL)
    return yield* this.#finish(yield* this.#engine.evaluateModule(GLUE_SOURCE, GLUE_MODULE), 'init')
  }

  *handle(message: Uint8Array): GuestSteps {
    this.#begin()
    const text = this.#engine.newString(message)
    return yield* this.#finish(yield* this.#engine.callFunction(this.#deliver, text), 'handleMessage')
  }

  *timer(id: number): GuestSteps {
    this.#begin()
    return yield* this.#finish(yield* this.#engine.callFunction(this.#fire, this.#number(id)), 'handleTimer')
  }

  #begin(): void {
    this.#status = null
    this.#asks.begin()
  }

  /** Runs what waits and tells how the script ended, or what it waits for. */
  *#finish(result: Value, handler: string): GuestSteps {
    yield* this.#runJobs(result)
    if (this.#status !== null) return this.#status
    return yield* this.#waitFor(handler)
  }

  /** Waits for one thing after another that the script has asked for, until the handler has settled. */
  *#waitFor(handler: string): GuestSteps {
    while (this.#status === null) {
      const ask = this.#asks.next()
      if (ask === undefined) return this.#end(`${handler} returned a promise that nothing can settle`, '')
      const status = Number(yield { wait: ask.wait })
      const text = this.#engine.newString(this.#asks.finish(ask, status))
      yield* this.#runJobs(yield* this.#engine.callFunction(this.#answer, text))
    }
    this.#asks.begin()
    return this.#status
  }

  /** Runs the jobs that are pending. Ends the script for an exception or a rejection that nobody handles. */
  *#runJobs(result: Value): EngineSteps<void> {
    const failed = this.#engine.call('qjs_is_exception', result) !== 0
    this.#engine.call('qjs_free_value', result)
    if (failed || !(yield* this.#engine.runJobs())) yield* this.#endWithException()
    const reason = this.#rejections.takeReason()
    if (reason !== null) {
      if (this.#fail !== 0) yield* this.#engine.callFunction(this.#fail, reason)
      this.#end('a promise was rejected and nobody handled it', '')
    }
  }

  /** `env.host_call`: the one function that scripts reach, through the glue. */
  callHost(count: number, values: number): Value {
    const operation = OPERATIONS[this.#engine.numberArgument(count, values, 0)]
    if (operation === undefined) return this.#engine.throwError('operation is not known')
    const argument = this.#engine.argument(count, values, 1)
    const abi = ABI_FUNCTIONS[operation]
    if (abi !== undefined) {
      this.#parts.countAs(abi.name, HOST_CALL)
      this.#parts.host.chargeFuel(abi.fuel)
      if (abi.grant !== null && !hasGrant(this.#parts.grants, abi.grant)) return this.#number(STATUS.DENIED)
    }
    switch (operation) {
      case 'ready':
        return this.#ready([1, 2, 3, 4].map((index) => this.#engine.argument(count, values, index)))
      case 'ask':
        return this.#asks.add(count, values)
      case 'charge':
        return this.#number(this.#charge(this.#engine.numberArgument(count, values, 1)))
      case 'settle':
        this.#status = this.#engine.numberArgument(count, values, 1) | 0
        return this.#number(0)
      case 'fail':
        return this.#end(this.#readText(argument), this.#readText(this.#engine.argument(count, values, 2)))
      case 'log':
        return this.#number(this.#log(this.#engine.numberArgument(count, values, 1), count, values))
      case 'config':
        return this.#config(argument)
      case 'send':
      case 'register':
      case 'now':
      case 'random':
        return this.#number(this.#act(operation, argument))
      case 'publish':
      case 'subscribe':
      case 'unsubscribe':
        return this.#number(this.#topics.call(operation, count, values))
      default:
        return this.#kept.call(operation, count, values)
    }
  }

  /** `env.host_module_normalize`: answers the name of the module, 0 after throwing in the guest. */
  findModule(base: number, specifier: number): number {
    const from = this.#engine.readName(base, NAME_BYTES)
    const wanted = this.#engine.readName(specifier, NAME_BYTES)
    const name = this.#findName(from, wanted)
    if (name === undefined) {
      const offer = `'${API_MODULE}' and, by paths that begin with a point, files of their own directory`
      return this.#engine.throwError(`module '${wanted}' does not exist: scripts can import ${offer}`)
    }
    return this.#engine.writeText(name).pointer
  }

  #findName(from: string, wanted: string): string | undefined {
    const { script } = this.#parts
    if (from === GLUE_MODULE) return wanted === SCRIPT_SPECIFIER ? script?.main : undefined
    if (from === API_MODULE) return wanted === GLUE_MODULE ? GLUE_MODULE : undefined
    return wanted === API_MODULE ? API_MODULE : script?.modules.get(from)?.imports.get(wanted)
  }

  /** `env.host_module_load`: answers the text of the module and writes its length. */
  loadModule(namePointer: number, lengthPointer: number): number {
    const name = this.#engine.readName(namePointer, NAME_BYTES)
    const source = name === API_MODULE ? API_SOURCE : this.#parts.script?.modules.get(name)?.text
    if (source === undefined) return this.#engine.throwError(`module '${name}' does not exist`)
    const { pointer, length } = this.#engine.writeText(source)
    this.#engine.writeLength(lengthPointer, length)
    return pointer
  }

  trackRejection(promise: Value, reason: Value, isHandled: boolean): void {
    this.#rejections.track(promise, reason, isHandled)
  }

  /** Keeps the functions of the glue. A second time would come from the script: it is ignored. */
  #ready(functions: readonly Value[]): Value {
    if (this.#deliver === 0 && !functions.includes(0)) {
      const kept = functions.map((value) => this.#engine.call('qjs_dup_value', value))
      const [deliver = 0, fail = 0, fire = 0, answer = 0] = kept
      this.#deliver = deliver
      this.#fail = fail
      this.#fire = fire
      this.#answer = answer
    }
    return this.#number(0)
  }

  #act(operation: 'send' | 'register' | 'now' | 'random', argument: Value): number {
    const { host } = this.#parts
    switch (operation) {
      case 'send':
        return this.#engine.withString(argument, (bytes) => host.send(bytes)) ?? STATUS.INVALID
      case 'register':
        return this.#withName(argument, (name) => host.registerCapability(name))
      case 'now':
        return Number(host.nowMicros())
      case 'random':
        return host.randomU32() >>> 0
    }
  }

  #log(level: number, count: number, values: number): Status {
    const name = LOG_LEVELS[level]
    if (name === undefined) return STATUS.INVALID
    const argument = this.#engine.argument(count, values, 2)
    const { host, limits } = this.#parts
    const log = (bytes: Uint8Array) => (bytes.length > limits.logBytes ? STATUS.LIMIT : host.log(name, bytes))
    return this.#engine.withString(argument, log) ?? STATUS.INVALID
  }

  #config(argument: Value): Value {
    let found: Uint8Array | undefined
    this.#withName(argument, (key) => {
      found = this.#parts.host.config(key)
      return STATUS.OK
    })
    return found === undefined ? this.#engine.call('qjs_get_undefined') : this.#engine.newString(found)
  }

  #charge(units: number): Status {
    return Number.isSafeInteger(units) ? this.#parts.host.chargeCost(BigInt(units)) : STATUS.INVALID
  }

  #withName(argument: Value, use: (name: string) => Status): Status {
    const read = (bytes: Uint8Array) => (bytes.length > NAME_BYTES ? STATUS.TOO_LARGE : use(UTF8.decode(bytes)))
    return this.#engine.withString(argument, read) ?? STATUS.INVALID
  }

  #number(value: number): Value {
    return this.#engine.call('qjs_new_number', value)
  }

  #readText(value: Value): string {
    return this.#engine.withString(value, (bytes) => UTF8.decode(bytes.subarray(0, EXCEPTION_BYTES))) ?? ''
  }

  *#endWithException(): EngineSteps<never> {
    const exception = this.#engine.call('qjs_get_exception')
    const text = yield* this.#engine.readText(exception, (bytes) => UTF8.decode(bytes.subarray(0, EXCEPTION_BYTES)))
    return this.#end(text ?? 'an exception that cannot be shown', '')
  }

  #end(text: string, stack: string): never {
    return this.#parts.end(explainException(text, stack, this.#parts.script?.modules))
  }
}

function findAbiFunction(name: string): HostFunction<CaxtonHost> {
  return CAXTON_ABI.functions.find((offered) => offered.name === name)!
}

const i32 = (name: string) => ({ name, type: 'i32' as const })

/** What the QuickJS module imports beside WASI. */
const QUICKJS_ENV: HostModule<JavaScriptSession> = {
  name: 'env',
  fault: 0,
  functions: [
    {
      name: HOST_CALL,
      params: [i32('name_ptr'), i32('name_len'), i32('this'), i32('count'), i32('values_ptr')],
      result: 'i32',
      grant: null,
      fuel: 200,
      summary: 'Does what a script asks of the host through the module `caxton`.',
      bind: (session) => (_name: number, _length: number, _this: number, count: number, values: number) =>
        session.callHost(count >>> 0, values),
    },
    {
      name: 'host_module_normalize',
      params: [i32('base_ptr'), i32('specifier_ptr')],
      result: 'i32',
      grant: null,
      fuel: 500,
      summary: 'Answers the name of a module that a script imports: `caxton`, or one of its own files.',
      bind: (session) => (base: number, specifier: number) => session.findModule(base, specifier),
    },
    {
      name: 'host_module_load',
      params: [i32('name_ptr'), i32('out_len_ptr')],
      result: 'i32',
      grant: null,
      fuel: 500,
      summary: 'Answers the text of a module.',
      bind: (session) => (name: number, outLength: number) => session.loadModule(name, outLength),
    },
    {
      name: 'host_promise_rejection',
      params: [i32('promise'), i32('reason'), i32('is_handled')],
      result: null,
      grant: null,
      fuel: 200,
      summary: 'Tells that a promise was rejected and nobody handles it, or that somebody does now.',
      bind: (session) => (promise: number, reason: number, isHandled: number) => {
        session.trackRejection(promise, reason, isHandled !== 0)
        return undefined
      },
    },
    {
      name: 'host_get_timezone_offset',
      params: [i32('seconds_high'), i32('seconds_low')],
      result: 'i32',
      grant: null,
      fuel: 100,
      summary: 'Answers 0: the time zone of every guest is UTC.',
      bind: () => () => 0,
    },
    {
      name: 'host_interrupt',
      params: [],
      result: 'i32',
      grant: null,
      fuel: 100,
      summary: 'Answers 0: fuel ends a script, not the interpreter.',
      bind: () => () => 0,
    },
  ],
}

/** An agent written in JavaScript: the module is QuickJS, the script is data for it. */
export const JAVASCRIPT_DOOR: Door<JavaScriptSession> = {
  name: 'javascript',
  exports: ENGINE_EXPORTS,
  modules: [QUICKJS_ENV],
  isSliced: true,
  waitsBetween: true,
  open: (parts) => new JavaScriptSession(parts),
}
