import type { CaxtonHost, HostFunction, ServiceName, Status, Wait } from '../../capability/index.ts'
import { CAXTON_ABI, encodeText, hasGrant, SERVICES, STATUS } from '../../capability/index.ts'
import type { DoorParts } from './door.ts'
import type { JavaScriptEngine, Value } from './javascript-engine.ts'

/*
 * What a script awaits from the host.
 *
 * 1. Nothing waits while the interpreter runs: the host waits between two runs of it, when every job of the script has been
 *    done, so that no stack of the guest is suspended.
 * 2. The host works on one ask at a time, in the order in which the script made them. What is left when the handler has
 *    settled is forgotten, begun or not.
 */

/** One ask of a script: `ticket` is the promise in the guest that it settles. */
interface ScriptAsk {
  readonly ticket: number
  readonly service: ServiceName
  readonly stream: number
  readonly wait: Wait
}

/** Asks that a script has made and that were not begun. */
const MAX_ASKS = 64
const UTF8 = new TextDecoder()

const ABI: Readonly<Record<ServiceName, HostFunction<CaxtonHost>>> = Object.fromEntries(
  SERVICES.map((name) => [name, CAXTON_ABI.functions.find((offered) => offered.name === name)!]),
) as Record<ServiceName, HostFunction<CaxtonHost>>

export class ScriptAsks {
  readonly #parts: DoorParts
  readonly #engine: JavaScriptEngine
  #asks: ScriptAsk[] = []
  /** Of bodies that are read as text: a character may be cut between two pieces. */
  readonly #decoders = new Map<number, TextDecoder>()

  constructor(engine: JavaScriptEngine, parts: DoorParts) {
    this.#engine = engine
    this.#parts = parts
  }

  /** Forgets what a call has left. */
  begin(): void {
    this.#asks = []
    this.#decoders.clear()
    this.#parts.host.dropResult()
  }

  /** Takes the next ask to be waited for, if there is one. */
  next(): ScriptAsk | undefined {
    return this.#asks.shift()
  }

  /** From the guest: (ticket, service, text, body, number). Answers the box of OK, or of why it cannot be asked. */
  add(count: number, values: number): Value {
    const status = this.#add(count, values)
    return this.#engine.call('qjs_new_number', status)
  }

  /** Returns the answer to an ask as the guest takes it: the ticket, the status, and the text behind a line end. */
  finish({ ticket, service, stream }: ScriptAsk, status: number): Uint8Array {
    const { host } = this.#parts
    const bytes = status < 0 ? new Uint8Array() : (host.result ?? new Uint8Array())
    host.dropResult()
    const text = service === 'http_read' ? this.#decode(stream, bytes, status) : UTF8.decode(bytes)
    return encodeText(`${ticket} ${status}\n${text}`)
  }

  #add(count: number, values: number): number {
    const ticket = this.#engine.numberArgument(count, values, 1)
    const service = SERVICES[this.#engine.numberArgument(count, values, 2)]
    const number = this.#engine.numberArgument(count, values, 5)
    if (service === undefined || !Number.isSafeInteger(ticket)) return STATUS.INVALID
    const { fuel, grant } = ABI[service]
    this.#parts.host.chargeFuel(fuel)
    if (grant !== null && !hasGrant(this.#parts.grants, grant)) return STATUS.DENIED
    if (this.#asks.length >= MAX_ASKS) return STATUS.LIMIT
    const wait = this.#open(service, count, values, number)
    if (typeof wait === 'number') return wait
    this.#asks.push({ ticket, service, stream: number, wait })
    return STATUS.OK
  }

  #open(service: ServiceName, count: number, values: number, number: number): Wait | Status {
    const { host } = this.#parts
    const text = this.#copy(this.#engine.argument(count, values, 3))
    if (text === undefined) return STATUS.INVALID
    if (service === 'request') return host.request(text, Number.isFinite(number) ? Math.max(0, number) >>> 0 : 0)
    const body = this.#copy(this.#engine.argument(count, values, 4))
    return body === undefined ? STATUS.INVALID : host.ask(service, text, body)
  }

  /** Texts of the guest move when it makes another. */
  #copy(argument: Value): Uint8Array | undefined {
    const { messageBytes } = this.#parts.limits
    // One byte more than is taken, so that what is too long is found to be.
    return this.#engine.withString(argument, (bytes) => bytes.slice(0, messageBytes + 1))
  }

  #decode(stream: number, bytes: Uint8Array, status: number): string {
    const decoder = this.#decoders.get(stream) ?? new TextDecoder()
    if (status > 0) {
      this.#decoders.set(stream, decoder)
      return decoder.decode(bytes, { stream: true })
    }
    this.#decoders.delete(stream)
    return status === 0 ? decoder.decode() : ''
  }
}
