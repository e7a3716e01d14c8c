/**
 * Reading and writing JSON text without building a tree: a value is the text that spells it. Readers never fail: what is not
 * JSON reads as an empty text, and an empty text means that there is nothing.
 */

/** Deepest nesting that is read. */
const MAX_DEPTH: i32 = 64

/** A member of an object: its name, and its value as JSON text. */
export class Member {
  constructor(
    public name: string,
    public value: string,
  ) {}
}

function skipSpace(text: string, at: i32): i32 {
  while (at < text.length) {
    const c = text.charCodeAt(at)
    if (c != 0x20 && c != 0x09 && c != 0x0a && c != 0x0d) break
    at++
  }
  return at
}

/** Returns the end of the string that starts at a place, -1 if it does not end. */
function skipString(text: string, at: i32): i32 {
  for (at++; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c == 0x22) return at + 1
    if (c == 0x5c) at++
  }
  return -1
}

/** Returns the end of the value that starts at a place, -1 if it does not end or nests too deep. */
function skipValue(text: string, at: i32): i32 {
  let depth = 0
  while (at < text.length) {
    const c = text.charCodeAt(at)
    if (c == 0x22) {
      at = skipString(text, at)
      if (at < 0) return -1
    } else if (c == 0x7b || c == 0x5b) {
      if (++depth > MAX_DEPTH) return -1
      at++
    } else if (c == 0x7d || c == 0x5d) {
      if (depth == 0) return at
      depth--
      at++
    } else if (depth > 0) {
      at++
    } else {
      while (at < text.length) {
        const d = text.charCodeAt(at)
        if (d == 0x2c || d == 0x7d || d == 0x5d || d == 0x3a || d <= 0x20) break
        at++
      }
      return at
    }
    if (depth == 0) return at
  }
  return -1
}

/** A place inside an object or array. */
class Cursor {
  at: i32
  constructor(public text: string) {
    const start = skipSpace(text, 0)
    const c = start < text.length ? text.charCodeAt(start) : 0
    this.at = c == 0x7b || c == 0x5b ? start + 1 : -1
  }

  /** Takes a value; empty when there is none. */
  take(): string {
    if (this.at < 0) return ''
    const start = skipSpace(this.text, this.at)
    const end = start < this.text.length ? skipValue(this.text, start) : -1
    if (end <= start) {
      this.at = -1
      return ''
    }
    this.at = skipSpace(this.text, end)
    return this.text.substring(start, end)
  }

  /** Steps over a separator; false when another character stands there. */
  skip(separator: i32): bool {
    if (this.at < 0 || this.at >= this.text.length || this.text.charCodeAt(this.at) != separator) return false
    this.at++
    return true
  }
}

/** Lists the elements of an array, as JSON texts. */
export function listElements(array: string): string[] {
  const elements: string[] = []
  const cursor = new Cursor(array)
  for (let value = cursor.take(); value != ''; value = cursor.take()) {
    elements.push(value)
    if (!cursor.skip(0x2c)) break
  }
  return elements
}

/** Lists the members of an object. */
export function listMembers(object: string): Member[] {
  const members: Member[] = []
  const cursor = new Cursor(object)
  for (let key = cursor.take(); key != ''; key = cursor.take()) {
    if (!cursor.skip(0x3a)) break
    const value = cursor.take()
    if (value == '') break
    members.push(new Member(toText(key), value))
    if (!cursor.skip(0x2c)) break
  }
  return members
}

/** Returns the member of an object with a name as JSON text, '' if there is none. */
export function getField(object: string, name: string): string {
  const cursor = new Cursor(object)
  for (let key = cursor.take(); key != ''; key = cursor.take()) {
    if (!cursor.skip(0x3a)) break
    const value = cursor.take()
    if (value == '') break
    if (toText(key) == name) return value
    if (!cursor.skip(0x2c)) break
  }
  return ''
}

export function isText(value: string): bool {
  return value.length >= 2 && value.charCodeAt(0) == 0x22
}

function hexValue(c: i32): i32 {
  if (c >= 0x30 && c <= 0x39) return c - 0x30
  if (c >= 0x41 && c <= 0x46) return c - 0x37
  if (c >= 0x61 && c <= 0x66) return c - 0x57
  return -1
}

function unescape(c: i32): i32 {
  if (c == 0x62) return 0x08
  if (c == 0x66) return 0x0c
  if (c == 0x6e) return 0x0a
  if (c == 0x72) return 0x0d
  if (c == 0x74) return 0x09
  return c
}

/** Returns the characters of a JSON string, '' for another value. */
export function toText(value: string): string {
  if (!isText(value)) return ''
  const end = value.length - 1
  const writer = new Writer()
  for (let at = 1; at < end; at++) {
    const c = value.charCodeAt(at)
    if (c != 0x5c || at + 1 >= end) {
      writer.unit(c)
      continue
    }
    const escaped = value.charCodeAt(++at)
    if (escaped != 0x75 || at + 4 >= end) {
      writer.unit(unescape(escaped))
      continue
    }
    let code = 0
    for (let i = 1; i <= 4; i++) code = code * 16 + hexValue(value.charCodeAt(at + i))
    writer.unit(code)
    at += 4
  }
  return writer.toString()
}

/** Returns a whole number, `otherwise` when the value is none or has more than 18 digits. */
export function toInteger(value: string, otherwise: i64): i64 {
  const negative = value.length > 0 && value.charCodeAt(0) == 0x2d
  const first = negative ? 1 : 0
  const digits = value.length - first
  if (digits < 1 || digits > 18) return otherwise
  let number: i64 = 0
  for (let at = first; at < value.length; at++) {
    const digit = value.charCodeAt(at) - 0x30
    if (digit < 0 || digit > 9) return otherwise
    number = number * 10 + digit
  }
  return negative ? -number : number
}

/** Returns a number, `otherwise` when the value is none. */
export function toNumber(value: string, otherwise: f64): f64 {
  if (value.length == 0) return otherwise
  const first = value.charCodeAt(0)
  if (first != 0x2d && (first < 0x30 || first > 0x39)) return otherwise
  const number = parseFloat(value)
  return isNaN(number) ? otherwise : number
}

/** JSON text that grows. Commas are written where they belong. */
export class Writer {
  private units: StaticArray<u16> = new StaticArray<u16>(64)
  private length: i32 = 0

  /** Appends one UTF-16 unit as it is. */
  unit(unit: i32): void {
    if (this.length == this.units.length) this.grow(this.length + 1)
    unchecked((this.units[this.length++] = <u16>unit))
  }

  private grow(needed: i32): void {
    let capacity = this.units.length
    while (capacity < needed) capacity *= 2
    const grown = new StaticArray<u16>(capacity)
    memory.copy(changetype<usize>(grown), changetype<usize>(this.units), <usize>this.length << 1)
    this.units = grown
  }

  private raw(text: string): void {
    const length = text.length
    if (this.length + length > this.units.length) this.grow(this.length + length)
    memory.copy(changetype<usize>(this.units) + (<usize>this.length << 1), changetype<usize>(text), <usize>length << 1)
    this.length += length
  }

  private comma(): void {
    if (this.length == 0) return
    const last = this.units[this.length - 1]
    if (last != 0x7b && last != 0x5b && last != 0x3a) this.unit(0x2c)
  }

  private escape(unit: i32): void {
    this.raw('\\u')
    for (let shift = 12; shift >= 0; shift -= 4) {
      const digit = (unit >> shift) & 15
      this.unit(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /** Writes a string. Half a surrogate pair is escaped, because UTF-8 cannot say it. */
  string(text: string): Writer {
    this.comma()
    this.unit(0x22)
    for (let at = 0; at < text.length; at++) {
      const c = text.charCodeAt(at)
      if (c == 0x22 || c == 0x5c) {
        this.unit(0x5c)
        this.unit(c)
      } else if (c < 0x20) {
        this.escape(c)
      } else if (c < 0xd800 || c > 0xdfff) {
        this.unit(c)
      } else if (c <= 0xdbff && at + 1 < text.length && (text.charCodeAt(at + 1) & 0xfc00) == 0xdc00) {
        this.unit(c)
        this.unit(text.charCodeAt(++at))
      } else {
        this.escape(c)
      }
    }
    this.unit(0x22)
    return this
  }

  key(name: string): Writer {
    this.string(name)
    this.unit(0x3a)
    return this
  }

  /** Writes a value that is JSON text already; nothing for an empty text. */
  json(text: string): Writer {
    if (text == '') return this
    this.comma()
    this.raw(text)
    return this
  }

  beginObject(): Writer {
    return this.json('{')
  }

  endObject(): Writer {
    this.unit(0x7d)
    return this
  }

  beginArray(): Writer {
    return this.json('[')
  }

  endArray(): Writer {
    this.unit(0x5d)
    return this
  }

  integer(number: i64): Writer {
    return this.json(number.toString())
  }

  /** Writes a number; null for what JSON cannot say. */
  number(number: f64): Writer {
    return this.json(isFinite(number) ? number.toString() : 'null')
  }

  boolean(value: bool): Writer {
    return this.json(value ? 'true' : 'false')
  }

  null(): Writer {
    return this.json('null')
  }

  toString(): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units), <usize>this.length << 1)
  }
}
