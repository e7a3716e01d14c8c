import { CaxtonError } from '../core/index.ts'
import type { ModuleInfo } from '../wasm/index.ts'
import { RESERVED_PREFIX } from './rules.ts'

/**
 * Refuses a module that imports anything but functions or exports a reserved name.
 * Memories, tables, globals and tags of others would be channels past the caps and the fuel.
 *
 * @throws CaxtonError ERR_INSTRUMENT_IMPORT_REFUSED with `data.module`, `name`, `kind`, `offset`
 * @throws CaxtonError ERR_INSTRUMENT_NAME_TAKEN with `data.name`, `offset`
 */
export function checkPolicy(info: ModuleInfo): void {
  for (const { module, name, kind, range } of info.imports) {
    if (kind === 'function') continue
    throw new CaxtonError('ERR_INSTRUMENT_IMPORT_REFUSED', {
      detail: `${kind} ${JSON.stringify(name)} of module ${JSON.stringify(module)}; only functions can be imported`,
      data: { module, name, kind, offset: range.offset },
    })
  }
  for (const { name, range } of info.exports) {
    if (!name.startsWith(RESERVED_PREFIX)) continue
    throw new CaxtonError('ERR_INSTRUMENT_NAME_TAKEN', {
      detail: `export ${JSON.stringify(name)}; names with ${RESERVED_PREFIX} are reserved`,
      data: { name, offset: range.offset },
    })
  }
}
