import type { CompiledModule, ModuleInfo } from '../compile/index.ts'
import type { ErrorData } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import type { Ending } from './protocol.ts'

/** Frames that are named in an error. */
const FRAMES_NAMED = 8
const NAME_LENGTH = 128

/** A place in the original module. */
interface Place {
  readonly function: string
  readonly functionIndex: number
  readonly offset: number
}

/**
 * Makes the error of a guest that ended. Where its frames are known, `data` has `function`, `functionIndex` and `offset` of
 * the innermost one in the original module, and `stack` with up to 8 of them. An exception of a script has its own place, and
 * the frames of its interpreter say nothing.
 */
export function toGuestError({ reason, frames }: Ending, compiled: CompiledModule, agent: string): CaxtonError {
  const places = (isOfScript(reason) ? [] : frames)
    .flatMap(({ offset }) => findPlace(offset, compiled) ?? [])
    .slice(0, FRAMES_NAMED)
  const [innermost] = places
  const where =
    innermost === undefined ? [] : [`in function '${innermost.function}' at offset 0x${innermost.offset.toString(16)}`]
  const detail = [...(reason.detail === undefined ? [] : [reason.detail]), ...where].join(', ')
  const stack = places.map((place) => `${place.function}+0x${place.offset.toString(16)}`)
  return new CaxtonError(reason.code, {
    ...(detail === '' ? {} : { detail }),
    data: { agent, ...reason.data, ...(innermost === undefined ? {} : { ...innermost, stack }) },
  })
}

function isOfScript({ code, data }: ErrorData): boolean {
  return code === 'ERR_GUEST_EXCEPTION' && data?.['exception'] !== undefined
}

function findPlace(rewrittenOffset: number, { instrumented }: CompiledModule): Place | null {
  const offset = instrumented.offsetMap.originalOf(rewrittenOffset)
  const functionIndex = offset < 0 ? -1 : instrumented.offsetMap.functionAt(offset)
  if (functionIndex < 0) return null
  return { function: nameFunction(functionIndex, instrumented.info), functionIndex, offset }
}

function nameFunction(index: number, info: ModuleInfo): string {
  const exported = () => info.exports.find((entry) => entry.kind === 'function' && entry.index === index)?.name
  return (info.functionName(index) ?? exported() ?? `function[${index}]`).slice(0, NAME_LENGTH)
}
