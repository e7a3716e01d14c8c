import { hash } from 'node:crypto'

/** Returns the SHA-256 of bytes, hexadecimal. */
export function digestBytes(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}
