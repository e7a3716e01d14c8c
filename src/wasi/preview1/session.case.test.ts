import { errnoName, WASI_PREVIEW1 } from '../index.ts'
import type { GuestParts } from './guest.case.test.ts'
import { GUARD, TestGuest, text } from './guest.case.test.ts'

/** Where paths are put, one after the other, before each call. */
const PATHS = 0x8000

/** An argument of a call: a number, or a text, which stands for its address and its length. */
export type Argument = number | bigint | string

/**
 * A guest whose calls are written down: what was called with what, what it answered, and every byte of memory that differs
 * afterwards. Memory is full of guard bytes before each call but for what the call is given.
 */
export class Session {
  readonly guest: TestGuest
  readonly lines: string[] = []

  constructor(parts: GuestParts) {
    this.guest = new TestGuest(parts)
  }

  /** Makes a call that is written down; `given` lies in memory before it. Answers the name of the errno. */
  call(name: string, args: readonly Argument[], given: Readonly<Record<number, Uint8Array>> = {}): string {
    const before = this.#prepare(given, args)
    const flat = flatten(args)
    const answer = errnoName(Number(this.guest.call(name, ...flat))) ?? 'nothing'
    this.lines.push(`==> ${name}(${describe(name, args)})`, `<== ${answer}`)
    const isFilestat = name.endsWith('filestat_get') && answer === 'SUCCESS'
    if (isFilestat) this.lines.push(this.#describeFilestat(Number(flat.at(-1))))
    else this.lines.push(...listChanges(before, this.guest.bytes))
    return answer
  }

  /** Makes a call that is not written down. */
  quietly(name: string, args: readonly Argument[], given: Readonly<Record<number, Uint8Array>> = {}): string {
    const count = this.lines.length
    const answer = this.call(name, args, given)
    this.lines.length = count
    return answer
  }

  /** Opens a path with these flags and rights, not written down. Answers the number of the descriptor. */
  open(path: string, oflags = 0, rights = -1n, fd = 3, fdflags = 0): number {
    const all = rights === -1n ? FILE_RIGHTS_ALL : rights
    const answer = this.quietly('path_open', [fd, 0, path, oflags, all, all, fdflags, 0x400])
    if (answer !== 'SUCCESS') throw new TypeError(`open of ${path} answered ${answer}`)
    return this.guest.memory.readU32(0x400)
  }

  #prepare(given: Readonly<Record<number, Uint8Array>>, args: readonly Argument[]): Uint8Array {
    this.guest.bytes.fill(GUARD)
    for (const [address, bytes] of Object.entries(given)) this.guest.put(Number(address), bytes)
    let next = PATHS
    for (const argument of args) {
      if (typeof argument !== 'string') continue
      const bytes = text(argument)
      this.guest.put(next, bytes)
      next += bytes.length
    }
    return this.guest.bytes.slice()
  }

  /** Numbers of nodes and times differ from run to run; every byte of the record has to be written. */
  #describeFilestat(at: number): string {
    const { memory } = this.guest
    const type = memory.readU8(at + 16)
    const padding = memory.read(at + 17, 7).every((byte) => byte === 0)
    const guard = memory.readU8(at - 1) === GUARD && memory.readU8(at + 64) === GUARD
    const links = memory.readU64(at + 24)
    const size = type === 3 ? 'any' : memory.readU64(at + 32)
    return `    type ${type}, links ${type === 3 ? 'any' : links}, size ${size}, padding ${padding}, guard ${guard}`
  }
}

/** Rights that a directory passes on and a file or directory can have: everything but those of sockets. */
export const FILE_RIGHTS_ALL = ((1n << 28n) - 1n) & ~(1n << 6n)

function flatten(args: readonly Argument[]): (number | bigint)[] {
  let next = PATHS
  return args.flatMap((argument) => {
    if (typeof argument !== 'string') return [argument]
    const address = next
    const { length } = text(argument)
    next += length
    return [address, length]
  })
}

function describe(name: string, args: readonly Argument[]): string {
  const params = WASI_PREVIEW1.functions.find((entry) => entry.name === name)?.params ?? []
  let index = 0
  const parts = args.map((argument) => {
    const param = params[index]?.name
    index += typeof argument === 'string' ? 2 : 1
    return `${param}=${typeof argument === 'string' ? JSON.stringify(argument) : argument}`
  })
  return parts.join(', ')
}

function listChanges(before: Uint8Array, after: Uint8Array): string[] {
  const lines: string[] = []
  for (let at = 0; at < after.length; at += 1) {
    if (before[at] === after[at]) continue
    let end = at
    while (end < after.length && before[end] !== after[end]) end += 1
    lines.push(`    0x${at.toString(16)}: ${Buffer.from(after.subarray(at, end)).toString('hex')}`)
    at = end
  }
  return lines
}
