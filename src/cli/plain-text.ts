/** Characters that a terminal obeys or that change how others are shown: controls, formatting marks, separators, half surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * Makes text harmless for a terminal.
 *
 * Guarantees: the result has no control character, no bidirectional or invisible mark and no line break, so a guest can neither
 * send escape codes nor forge a line.
 */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (mark) => NAMED[mark] ?? `\\u{${(mark.codePointAt(0) ?? 0).toString(16)}}`)
}

/** Writes a value as one line of JSON in which nothing is left for a terminal to obey. */
export function toJsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (mark) => mark.split('').map(escapeUnit).join(''))
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** East Asian wide and full-width blocks and pictographs, which take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u

/** Returns how many columns escaped text takes. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const letter of text) columns += WIDE.test(letter) ? 2 : 1
  return columns
}

/** Escapes text and cuts it to a number of columns, with `…` where something is left out. Cost: linear in `columns`. */
export function shorten(text: string, columns: number): string {
  if (columns <= 0) return ''
  const head = escapeText(text.slice(0, columns + 1))
  if (text.length <= columns && columnsOf(head) <= columns) return head
  let kept = ''
  let used = 1
  for (const letter of head) {
    used += columnsOf(letter)
    if (used > columns) break
    kept += letter
  }
  return `${kept}…`
}

/** Like `shorten`, but keeps the end: ids of one run differ there. */
export function shortenStart(text: string, columns: number): string {
  const tail = escapeText(text.slice(-columns - 1))
  if (text.length <= columns && columnsOf(tail) <= columns) return tail
  const letters = [...tail]
  while (letters.length > 0 && columnsOf(letters.join('')) >= columns) letters.shift()
  return `…${letters.join('')}`
}

/** Fills escaped text up with spaces. */
export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)))
}

/** Fills escaped text up with spaces in front. */
export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - columnsOf(text))) + text
}
