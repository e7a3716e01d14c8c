import type { Message } from '../core/index.ts'
import { formatHeader, Given } from '../core/index.ts'

/** The header of a message as JSON text, kept with the message in a field that nobody else can see. */
class WithHeader extends Given {
  #header: string

  constructor(message: Message, header: string) {
    super(message)
    this.#header = header
  }

  static get(message: Message): string | undefined {
    return #header in message ? (message as WithHeader).#header : undefined
  }
}

/** Keeps with a message what `formatHeader` has written of it: whoever passes it on need not write it again. Copies have none. */
export function keepHeader(message: Message, header: string): void {
  new WithHeader(message, header)
}

/** Writes everything but the content of a message as JSON text, as `formatHeader` does. */
export function headerOf(message: Message): string {
  return WithHeader.get(message) ?? formatHeader(message)
}
