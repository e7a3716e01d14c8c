import { CaxtonError } from '../core/index.ts'
import type { ModuleInfo } from '../wasm/index.ts'

type Encoding = 'legacy' | 'exnref'

/**
 * Refuses modules that use both encodings of exception handling.
 *
 * V8 refuses them, too, but checks functions in parallel: whether it notices is a matter of timing, and what it has let pass
 * once it refuses later, when the rewritten module is compiled.
 */
export class ExceptionEncoding {
  #seen: Encoding | null

  constructor({ types, globals, tables }: Pick<ModuleInfo, 'types' | 'globals' | 'tables'>) {
    const declared = [
      ...types.flatMap(({ type }) => (type.kind === 'func' ? [...type.params, ...type.results] : [])),
      ...globals.map(({ type }) => type),
      ...tables.map(({ element }) => element),
    ]
    this.#seen = declared.some((type) => type === 'exnref' || type === 'nullexnref') ? 'exnref' : null
  }

  /** Notes an instruction at `offset`. @throws CaxtonError ERR_INSTRUMENT_OPCODE_REFUSED, `data.offset` */
  note(encoding: Encoding, offset: number): void {
    if (this.#seen === encoding) return
    if (this.#seen !== null) {
      const detail = `at 0x${offset.toString(16)}: legacy and new exception handling cannot be in one module`
      throw new CaxtonError('ERR_INSTRUMENT_OPCODE_REFUSED', { detail, data: { offset } })
    }
    this.#seen = encoding
  }
}
