import type { CaxtonHost, Status } from '../../capability/index.ts'
import { DATA_KEY_BYTES, encodeText, readDataKey, readPrefix, STATUS } from '../../capability/index.ts'
import type { JavaScriptEngine, Value } from './javascript-engine.ts'
import type { Operation } from './javascript-prelude.ts'

export type KeptOperation = Extract<Operation, 'store' | 'load' | 'delete' | 'list' | 'setTimer' | 'cancelTimer'>

/** What scripts ask of stored data and timers. Values are text here; the answer is the box of a number or of a text. */
export class KeptCalls {
  readonly #engine: JavaScriptEngine
  readonly #host: CaxtonHost

  constructor(engine: JavaScriptEngine, host: CaxtonHost) {
    this.#engine = engine
    this.#host = host
  }

  call(operation: KeptOperation, count: number, values: number): Value {
    switch (operation) {
      case 'store':
        return this.#number(this.#store(count, values))
      case 'load':
        return this.#answer(this.#withKey(count, values, readDataKey, (key) => this.#host.loadData(key)))
      case 'delete':
        return this.#number(this.#withKey(count, values, readDataKey, (key) => this.#host.deleteData(key)))
      case 'list':
        return this.#answer(this.#withKey(count, values, readPrefix, (prefix) => this.#list(prefix)))
      case 'setTimer':
        return this.#number(this.#setTimer(count, values))
      case 'cancelTimer':
        return this.#number(this.#host.cancelTimer(this.#engine.numberArgument(count, values, 1) | 0))
    }
  }

  #store(count: number, values: number): Status {
    const value = this.#engine.argument(count, values, 2)
    // The key is read to its end before the value is: both are text of the guest, which moves when it makes another.
    return this.#withKey(count, values, readDataKey, (key) => {
      const store = (bytes: Uint8Array) => this.#host.storeData(key, bytes)
      return this.#engine.withString(value, store) ?? STATUS.INVALID
    })
  }

  #list(prefix: string): Uint8Array {
    return encodeText(JSON.stringify(this.#host.listData(prefix)))
  }

  #setTimer(count: number, values: number): Status {
    const id = this.#engine.numberArgument(count, values, 1)
    const delayMs = Math.round(this.#engine.numberArgument(count, values, 2))
    if ((id | 0) !== id || !Number.isSafeInteger(delayMs)) return STATUS.INVALID
    return this.#host.setTimer(id, BigInt(delayMs))
  }

  #withKey<Answer>(
    count: number,
    values: number,
    read: (bytes: Uint8Array) => string | Status,
    use: (key: string) => Answer,
  ): Answer | Status {
    const argument = this.#engine.argument(count, values, 1)
    const key = this.#engine.withString(argument, (bytes) =>
      bytes.length > DATA_KEY_BYTES ? STATUS.TOO_LARGE : read(bytes),
    )
    if (key === undefined) return STATUS.INVALID
    return typeof key === 'number' ? key : use(key)
  }

  #answer(found: Uint8Array | Status | undefined): Value {
    if (found === undefined) return this.#number(STATUS.NOT_FOUND)
    if (typeof found === 'number') return this.#number(found)
    this.#host.chargeFuel(found.length)
    return this.#engine.newString(found)
  }

  #number(value: number): Value {
    return this.#engine.call('qjs_new_number', value)
  }
}
