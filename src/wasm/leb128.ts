/** LEB128 numbers, written shortest unless a width is given. Room in the target is the caller's business. */

/** Writes an unsigned number below 2^53; returns the offset behind it. */
export function writeU32(target: Uint8Array, offset: number, value: number): number {
  if (value < 0x80) {
    target[offset] = value
    return offset + 1
  }
  let rest = value
  let at = offset
  while (rest >= 0x80) {
    target[at++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  target[at++] = rest
  return at
}

/** Writes an unsigned number in exactly `width` bytes, padded; returns the offset behind it. */
export function writePaddedU32(target: Uint8Array, offset: number, value: number, width: number): number {
  let rest = value
  for (let i = 0; i < width - 1; i++) {
    target[offset + i] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  target[offset + width - 1] = rest
  return offset + width
}

/** Writes a signed number within ±2^53; returns the offset behind it. */
export function writeS64(target: Uint8Array, offset: number, value: number): number {
  if (value >= -0x40 && value < 0x40) {
    target[offset] = value & 0x7f
    return offset + 1
  }
  let rest = value
  let at = offset
  for (;;) {
    const low = ((rest % 0x80) + 0x80) % 0x80
    rest = Math.floor(rest / 0x80)
    const done = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)
    target[at++] = done ? low : low | 0x80
    if (done) return at
  }
}

/** Returns the bytes of an unsigned number below 2^53. */
export function encodeU32(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return bytes
}

/** Returns the bytes of a signed number within ±2^53. */
export function encodeS64(value: number): number[] {
  if (value >= -0x40 && value < 0x40) return [value & 0x7f]
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = ((rest % 0x80) + 0x80) % 0x80
    rest = Math.floor(rest / 0x80)
    if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) {
      bytes.push(low)
      return bytes
    }
    bytes.push(low | 0x80)
  }
}
