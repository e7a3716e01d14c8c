import type { CaxtonHost, Status } from '../../capability/index.ts'
import { STATUS } from '../../capability/index.ts'
import { TOPIC_LIMITS } from '../../core/index.ts'
import type { JavaScriptEngine } from './javascript-engine.ts'
import type { Operation } from './javascript-prelude.ts'

export type TopicOperation = Extract<Operation, 'publish' | 'subscribe' | 'unsubscribe'>

const UTF8 = new TextDecoder()

/** What scripts ask about topics. */
export class TopicCalls {
  readonly #engine: JavaScriptEngine
  readonly #host: CaxtonHost

  constructor(engine: JavaScriptEngine, host: CaxtonHost) {
    this.#engine = engine
    this.#host = host
  }

  call(operation: TopicOperation, count: number, values: number): Status {
    const argument = this.#engine.argument(count, values, 1)
    const name = this.#engine.withString(argument, (bytes) =>
      bytes.length > TOPIC_LIMITS.nameChars ? STATUS.TOO_LARGE : UTF8.decode(bytes),
    )
    if (typeof name !== 'string') return name ?? STATUS.INVALID
    switch (operation) {
      case 'subscribe':
        return this.#host.subscribeTopic(name)
      case 'unsubscribe':
        return this.#host.unsubscribeTopic(name)
      case 'publish':
        return this.#publish(name, count, values)
    }
  }

  #publish(topic: string, count: number, values: number): Status {
    const isRetained = this.#engine.numberArgument(count, values, 3) !== 0
    const content = this.#engine.argument(count, values, 2)
    const publish = (bytes: Uint8Array) => {
      this.#host.chargeFuel(bytes.length)
      return this.#host.publish(topic, bytes, isRetained)
    }
    return this.#engine.withString(content, publish) ?? STATUS.INVALID
  }
}
