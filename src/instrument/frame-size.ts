import type { FunctionType, Locals } from '../wasm/index.ts'
import type { FunctionPlan } from './function-plan.ts'

/** Stack of a function that calls nothing and takes no more than this is not counted: one such frame is held in reserve. */
const RESERVE_BYTES = 1_024
/** Return address, frame pointer, instance, what the compiler spills for itself, and the locals that are added. */
const FRAME_BYTES = 96
const VALUE_BYTES = 8
const VECTOR_BYTES = 16

/**
 * Bounds the stack that a call of a function takes, bytes: the same on every machine and for code of any quality.
 *
 * V8's baseline code has a slot for each local and each operand; a parameter is passed in one more, and results are
 * returned in up to three. Optimised code takes less, apart from frames that were inlined.
 * Returns 0 for a function that calls nothing and fits into the reserve: nothing is below it but the host.
 */
export function boundFrame(body: { readonly type: FunctionType; readonly locals: Locals }, plan: FunctionPlan): number {
  const { params, results } = body.type
  const wide = plan.wide || params.includes('v128') || results.includes('v128') || body.locals.wide
  const values =
    2 * params.length + body.locals.count + 3 * results.length + plan.highest + (plan.countedLoops.length > 0 ? 1 : 0)
  const bytes = FRAME_BYTES + values * (wide ? VECTOR_BYTES : VALUE_BYTES)
  return plan.calls || bytes > RESERVE_BYTES ? bytes : 0
}
