/** Digits of a token: the content of every message is one, as text. */
export const TOKEN_DIGITS = 8

export function toToken(index: number): string {
  return String(index).padStart(TOKEN_DIGITS, '0')
}
