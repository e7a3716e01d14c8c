import { CaxtonError, MODULE_LIMITS } from '../core/index.ts'

/**
 * Makes sure that bytes are a module V8 takes, before anything rewrites them: a rewriter must not make an invalid module valid.
 *
 * Cost: linear in the bytes; an invalid module is looked at twice, to learn why.
 *
 * @throws CaxtonError ERR_WASM_LIMIT for more than `MODULE_LIMITS.moduleBytes`, before the bytes are looked at;
 * ERR_WASM_INVALID with V8's reason and, where V8 tells it, `data.offset` in bytes from the start
 */
export async function validateModule(bytes: Uint8Array): Promise<void> {
  const limit = MODULE_LIMITS.moduleBytes
  if (bytes.length > limit) {
    const detail = `${bytes.length} bytes, at most ${limit} are taken`
    throw new CaxtonError('ERR_WASM_LIMIT', { detail, data: { limit, asked: bytes.length } })
  }
  if (WebAssembly.validate(bytes)) return
  throw await explainInvalid(bytes)
}

async function explainInvalid(bytes: Uint8Array): Promise<CaxtonError> {
  try {
    await WebAssembly.compile(bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^WebAssembly\.compile\(\): /, '') : String(cause)
    const offset = /@\+(\d+)$/.exec(reason)?.[1]
    const data = offset === undefined ? {} : { offset: Number(offset) }
    return new CaxtonError('ERR_WASM_INVALID', { detail: reason, data, cause })
  }
  return new CaxtonError('ERR_WASM_INVALID', { detail: 'V8 gives no reason' })
}
