import type { ErrorData, Limits } from '../../core/index.ts'
import type { Ending, Frame } from '../protocol.ts'
import { readFrames } from './frames.ts'
import type { Meter } from './meter.ts'
import { explainThrown } from './meter.ts'

/** What is known of the memory of a guest that ended. */
export interface MemoryFacts {
  /** Pages of the last `memory.grow` that was refused during the call; 0 for none. */
  readonly refusedPages: number
  readonly memoryBytes: number
}

const PAGE_BYTES = 65_536
/** How a guest ends by its own doing when it lacks memory. */
const MEMORY_VICTIMS: ReadonlySet<string> = new Set(['ERR_GUEST_TRAP', 'ERR_GUEST_ABORT', 'ERR_GUEST_EXCEPTION'])

/** Names the reason for which a call of a guest threw. */
export function explainRun(thrown: unknown, meter: Meter, limits: Limits, memory: MemoryFacts): Ending {
  const frames = meter.reason === null ? framesOf(thrown) : meter.frames
  const reason = meter.reason ?? explainEnd(thrown, meter, limits)
  if (memory.refusedPages === 0 || !MEMORY_VICTIMS.has(reason.code)) return { reason, frames }
  const asked = memory.memoryBytes + memory.refusedPages * PAGE_BYTES
  const detail = `the guest asked for ${asked} bytes of ${limits.memoryBytes}`
  return { reason: { code: 'ERR_LIMIT_MEMORY', detail, data: { limit: limits.memoryBytes, asked } }, frames }
}

/** Names the reason for which a module could not be instantiated. */
export function explainInstantiation(thrown: unknown): Ending {
  const frames = framesOf(thrown)
  if (thrown instanceof RangeError) {
    return { reason: { code: 'ERR_LIMIT_AGENTS', detail: `no memory for an instance: ${thrown.message}` }, frames }
  }
  return { reason: explainTrap(thrown) ?? explainThrown(thrown), frames }
}

function explainEnd(thrown: unknown, meter: Meter, limits: Limits): ErrorData {
  if (meter.isStackOut) return { code: 'ERR_LIMIT_STACK', data: { limit: limits.stackBytes } }
  if (meter.isFuelOut) return { code: 'ERR_LIMIT_FUEL', data: { limit: limits.fuel, used: limits.fuel } }
  return explainTrap(thrown) ?? explainThrown(thrown)
}

/** V8's words for a trap are a fixed set: nothing in them is the guest's. */
function explainTrap(thrown: unknown): ErrorData | null {
  if (!(thrown instanceof WebAssembly.RuntimeError)) return null
  return { code: 'ERR_GUEST_TRAP', detail: thrown.message, data: { trap: thrown.message } }
}

function framesOf(thrown: unknown): readonly Frame[] {
  return thrown instanceof Error || thrown instanceof WebAssembly.Exception ? readFrames(thrown) : []
}
