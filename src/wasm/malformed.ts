import { CaxtonError } from '../core/index.ts'

/** Makes the error for bytes that break the binary format; `offset` counts from the start of the file. */
export function malformed(offset: number, expected: string, found: string): CaxtonError {
  return new CaxtonError('ERR_WASM_MALFORMED', {
    detail: `at 0x${offset.toString(16)}: expected ${expected}, found ${found}`,
    data: { offset, expected, found },
  })
}

/** Makes the error for a count or size above a bound; nothing was allocated for it. */
export function beyondLimit(offset: number, what: string, limit: number, asked: number): CaxtonError {
  return new CaxtonError('ERR_WASM_LIMIT', {
    detail: `at 0x${offset.toString(16)}: ${asked} ${what}, at most ${limit} are taken`,
    data: { offset, limit, asked, what },
  })
}

/** Makes the error for an instruction that is not in the opcode table. */
export function unknownOpcode(offset: number, prefix: number, code: number): CaxtonError {
  const opcode = prefix === 0 ? `0x${code.toString(16)}` : `0x${prefix.toString(16)} 0x${code.toString(16)}`
  return new CaxtonError('ERR_WASM_OPCODE_UNKNOWN', {
    detail: `at 0x${offset.toString(16)}: opcode ${opcode}`,
    data: { offset, opcode },
  })
}
