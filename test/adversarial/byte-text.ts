/**
 * Assembles a module from bytes in text form, for what no assembler would write.
 *
 * | text | bytes |
 * |---|---|
 * | `0a` | that byte |
 * | `=300` | an unsigned LEB128 number |
 * | `"name"` | the length of the name, then its UTF-8 bytes |
 * | `[ … ]` | the length of what is in between, then that |
 * | `1000*( … )` | a thousand times what is in between |
 *
 * Comments begin with `;;`. The header of a module is written too: `00 61 73 6d 01 00 00 00`.
 */
export function assembleBytes(text: string): Uint8Array {
  const tokens = text.replaceAll(/;;.*$/gm, '').match(/"[^"]*"|\d+\*\(|[[\])]|=\d+|[0-9a-f]{2}\b|\S+/g) ?? []
  const [bytes, end] = assembleUntil(tokens, 0, '')
  if (end !== tokens.length) throw new TypeError(`unexpected '${tokens[end]}'`)
  return bytes
}

function assembleUntil(tokens: readonly string[], start: number, closing: string): [Uint8Array, number] {
  const parts: Uint8Array[] = []
  let at = start
  while (at < tokens.length && tokens[at] !== closing) {
    const token = tokens[at]!
    at += 1
    if (token === '[') {
      const [inner, end] = assembleUntil(tokens, at, ']')
      parts.push(leb128(inner.length), inner)
      at = end + 1
    } else if (token.endsWith('*(')) {
      const [inner, end] = assembleUntil(tokens, at, ')')
      const repeated = new Uint8Array(inner.length * Number.parseInt(token, 10))
      for (let offset = 0; offset < repeated.length; offset += inner.length) repeated.set(inner, offset)
      parts.push(repeated)
      at = end + 1
    } else parts.push(assembleToken(token))
  }
  return [Buffer.concat(parts), at]
}

function assembleToken(token: string): Uint8Array {
  if (token.startsWith('"')) {
    const name = Buffer.from(token.slice(1, -1))
    return Buffer.concat([leb128(name.length), name])
  }
  if (token.startsWith('=')) return leb128(Number(token.slice(1)))
  if (/^[0-9a-f]{2}$/.test(token)) return Uint8Array.of(Number.parseInt(token, 16))
  throw new TypeError(`'${token}' stands for no bytes`)
}

function leb128(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128)
  return Uint8Array.of(...bytes, rest)
}
