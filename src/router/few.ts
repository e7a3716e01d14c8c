/** What a collection has before the first is put into it. */
const NONE = Object.freeze([]) as unknown as never[]

/**
 * A set of a few texts, in the order in which they came. Thousands of conversations have some of these each, most of them empty:
 * an array, made with the first text, takes a tenth of a `Set`. Cost: linear in the texts.
 */
export class FewTexts implements Iterable<string> {
  #texts: string[] = NONE

  constructor(texts: Iterable<string> = NONE) {
    for (const text of texts) this.add(text)
  }

  get size(): number {
    return this.#texts.length
  }

  has(text: string): boolean {
    return this.#texts.includes(text)
  }

  add(text: string): void {
    if (this.#texts.length === 0) this.#texts = [text]
    else if (!this.has(text)) this.#texts.push(text)
  }

  delete(text: string): void {
    const index = this.#texts.indexOf(text)
    if (index >= 0) this.#texts.splice(index, 1)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#texts[Symbol.iterator]()
  }
}

/** A map of a few names, like `FewTexts`. */
export class FewNamed<Value> implements Iterable<readonly [string, Value]> {
  #names: string[] = NONE
  #values: Value[] = NONE

  constructor(entries: Iterable<readonly [string, Value]> = NONE) {
    for (const [name, value] of entries) this.set(name, value)
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
