/*
 * Takes secrets out of what the other side answers, so that a guest cannot have its host read them to it.
 *
 * 1. Every byte sequence that is a pattern is replaced by as many `*`, wherever chunks are cut.
 * 2. Lengths do not change.
 * 3. What is held back is shorter than the longest pattern.
 *
 * Patterns are a secret in the forms in which servers repeat what they were sent: as it is, escaped in JSON, in HTML and in
 * URLs, in base64 wherever in a longer text it stands, in hexadecimal. A server that answers it in another form on purpose is
 * beyond this: it was allowed to have it.
 */

const STAR = 0x2a
/** Shorter ones would take apart what they have nothing to do with. */
const MIN_PATTERN_BYTES = 6

/** Lists the forms of values that must not come back. */
export function createPatterns(values: readonly string[]): readonly Buffer[] {
  const texts = new Set(values.flatMap((value) => [...formsOf(value)]))
  return [...texts].filter((text) => text.length >= MIN_PATTERN_BYTES).map((text) => Buffer.from(text))
}

function* formsOf(value: string): Generator<string> {
  yield value
  yield JSON.stringify(value).slice(1, -1)
  yield value.replaceAll('/', '\\/')
  const escaped = encodeURIComponent(value)
  yield escaped
  yield escaped.replace(/%../g, (code) => code.toLowerCase())
  yield escaped.replaceAll('%20', '+')
  yield value.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
  yield value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
  const hex = Buffer.from(value).toString('hex')
  yield hex
  yield hex.toUpperCase()
  for (const offset of [0, 1, 2]) {
    const text = encodeInside(value, offset)
    yield text
    yield text.replaceAll('+', '-').replaceAll('/', '_')
  }
}

/** Returns the part of a base64 text that is there wherever the value begins `offset` bytes after a multiple of three. */
function encodeInside(value: string, offset: number): string {
  const text = Buffer.from('\0'.repeat(offset) + value)
    .toString('base64')
    .replaceAll('=', '')
  const isCut = ((offset + value.length) * 8) % 6 !== 0
  return text.slice(Math.ceil((offset * 8) / 6), isCut ? -1 : undefined)
}

/** Scrubs a stream of bytes. */
export class Scrubber {
  readonly #patterns: readonly Buffer[]
  readonly #holdBytes: number
  /** What may be the beginning of a pattern, as it came. */
  #held: Buffer = Buffer.alloc(0)
  /** Bytes at its start that belong to a pattern whose beginning has been passed on. */
  #maskedBytes = 0

  constructor(patterns: readonly Buffer[]) {
    this.#patterns = patterns
    this.#holdBytes = patterns.reduce((most, { length }) => Math.max(most, length - 1), 0)
  }

  /** Takes bytes and returns those that are known to be clean. */
  push(chunk: Uint8Array): Buffer {
    return this.#scrub(chunk, this.#holdBytes)
  }

  /** Returns what was held back. */
  end(): Buffer {
    return this.#scrub(Buffer.alloc(0), 0)
  }

  #scrub(chunk: Uint8Array, holdBytes: number): Buffer {
    const bytes = Buffer.concat([this.#held, chunk])
    const readyBytes = Math.max(0, bytes.length - holdBytes)
    const clean = Buffer.from(bytes.subarray(0, readyBytes))
    clean.fill(STAR, 0, Math.min(this.#maskedBytes, readyBytes))
    let maskedEnd = this.#maskedBytes
    for (const pattern of this.#patterns) {
      // A match that begins in what is held back is found again.
      for (let at = bytes.indexOf(pattern); at !== -1 && at < readyBytes; at = bytes.indexOf(pattern, at + 1)) {
        clean.fill(STAR, at, Math.min(at + pattern.length, readyBytes))
        maskedEnd = Math.max(maskedEnd, at + pattern.length)
      }
    }
    this.#held = bytes.subarray(readyBytes)
    this.#maskedBytes = Math.max(0, maskedEnd - readyBytes)
    return clean
  }
}

/** Scrubs a text that is there at once, such as a header. */
export function scrubText(text: string, patterns: readonly Buffer[]): string {
  if (patterns.length === 0) return text
  const scrubber = new Scrubber(patterns)
  return Buffer.concat([scrubber.push(Buffer.from(text)), scrubber.end()]).toString()
}
