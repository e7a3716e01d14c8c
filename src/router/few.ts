/** What a collection has before the first is put into it. */
const NONE = Object.freeze([]) as unknown as never[]

/**
 * A set that mostly has one thing in it or none, in the order in which they came: nothing is made for those. An undertaking has two,
 * and an empty `Set` takes a hundred bytes. Cost: constant.
 */
export class FewThings<Thing extends object | string> implements Iterable<Thing> {
  /** The only one; null when there is none or there are more. */
  #only: Thing | null = null
  #all: Set<Thing> | null = null

  constructor(things: Iterable<Thing> | null = null) {
    if (things !== null) for (const thing of things) this.add(thing)
  }

  get size(): number {
    if (this.#all !== null) return this.#all.size
    return this.#only === null ? 0 : 1
  }

  has(thing: Thing): boolean {
    return this.#all === null ? this.#only === thing : this.#all.has(thing)
  }

  add(thing: Thing): void {
    if (this.#all !== null) this.#all.add(thing)
    else if (this.#only === null) this.#only = thing
    else if (this.#only !== thing) {
      this.#all = new Set([this.#only, thing])
      this.#only = null
    }
  }

  delete(thing: Thing): void {
    if (this.#all !== null) this.#all.delete(thing)
    else if (this.#only === thing) this.#only = null
  }

  *[Symbol.iterator](): Generator<Thing> {
    if (this.#only !== null) yield this.#only
    else if (this.#all !== null) yield* this.#all
  }
}

/**
 * A set of a few texts, in the order in which they came. Thousands of conversations have some of these each, most of them empty:
 * an array, made with the first text, takes a tenth of a `Set`. Cost: linear in the texts.
 */
export class FewTexts implements Iterable<string> {
  #texts: string[] = NONE

  constructor(texts: readonly string[] = NONE) {
    for (let index = 0; index < texts.length; index += 1) this.add(texts[index]!)
  }

  get size(): number {
    return this.#texts.length
  }

  has(text: string): boolean {
    return this.#texts.includes(text)
  }

  add(text: string): void {
    const texts = this.#texts
    if (texts.length === 0) this.#texts = [text]
    else if (this.has(text)) return
    // An array that grows makes room for sixteen more.
    else if (texts.length === 1) this.#texts = [texts[0]!, text]
    else texts.push(text)
  }

  delete(text: string): void {
    const index = this.#texts.indexOf(text)
    if (index < 0) return
    if (this.#texts.length === 1) this.#texts = NONE
    else this.#texts.splice(index, 1)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#texts[Symbol.iterator]()
  }
}

/** A map of a few names, like `FewTexts`. */
export class FewNamed<Value> implements Iterable<readonly [string, Value]> {
  #names: string[] = NONE
  #values: Value[] = NONE

  constructor(entries: Iterable<readonly [string, Value]> | null = null) {
    if (entries !== null) for (const [name, value] of entries) this.set(name, value)
  }

  get size(): number {
    return this.#names.length
  }

  get(name: string): Value | undefined {
    const index = this.#names.indexOf(name)
    return index < 0 ? undefined : this.#values[index]
  }

  set(name: string, value: Value): void {
    const index = this.#names.indexOf(name)
    if (index >= 0) this.#values[index] = value
    else if (this.#names.length === 0) {
      this.#names = [name]
      this.#values = [value]
    } else {
      this.#names.push(name)
      this.#values.push(value)
    }
  }

  values(): readonly Value[] {
    return this.#values
  }

  *[Symbol.iterator](): Generator<readonly [string, Value]> {
    for (const [index, name] of this.#names.entries()) yield [name, this.#values[index]!]
  }
}
