import { MODULE_LIMITS } from '../core/index.ts'
import type { ByteWriter, FunctionType, ModuleInfo } from '../wasm/index.ts'
import { beyondLimit, InstructionCursor, malformed, readLocals } from '../wasm/index.ts'
import type { Helpers } from './added-functions.ts'
import type { AddedTypes } from './added-types.ts'
import { BlockAnalysis } from './block-analysis.ts'
import type { Body } from './body-writer.ts'
import { BodyWriter } from './body-writer.ts'
import { BranchHints } from './branch-hints.ts'
import { createBulkPricer } from './bulk.ts'
import { ExceptionEncoding } from './exception-encoding.ts'
import { boundFrame } from './frame-size.ts'
import type { FunctionPlan } from './function-plan.ts'
import { RunList } from './offset-map.ts'
import { Arities } from './operand-stack.ts'

/** Where code that was copied is in the result. */
export interface Code {
  readonly runs: RunList
  readonly codeEnd: number
}

/**
 * Writes the contents of the code section: each body metered, then the helpers. One pass over each body to analyse it,
 * one to write it; nothing is kept of a body but the runs of copied code.
 *
 * @returns the runs, and where the last of the module's own bodies ends
 */
export function writeCode(
  out: ByteWriter,
  parts: { info: ModuleInfo; helpers: Helpers; types: AddedTypes },
  mostBytes: number = MODULE_LIMITS.rewrittenBytes,
): Code & { readonly hints: BranchHints } {
  const { info, helpers, types } = parts
  const { count, offsets, sizes } = info.code
  const runs = new RunList()
  /** Functions that were written and are covered by the reserve. */
  const covered = new Uint8Array(info.functions.length)
  const analysis = new BlockAnalysis({
    cursor: new InstructionCursor(info.bytes),
    price: createBulkPricer(info, helpers),
    arities: new Arities(info),
    exceptions: new ExceptionEncoding(info),
  })
  const hints = new BranchHints()
  const takesStack = (functionIndex: number): boolean => covered[functionIndex] !== 1
  const writer = new BodyWriter({ bytes: info.bytes, out, runs, helpers, hints, takesStack })
  out.writeU32(count + helpers.functions.length)
  for (let i = 0; i < count; i++) {
    const offset = offsets[i] as number
    const end = offset + (sizes[i] as number)
    const body = readBody(info, types, i, offset, end)
    analysis.analyse(body.locals.offset, end)
    checkMerges(body, analysis.plan)
    const frameBytes = boundFrame(body, analysis.plan)
    if (frameBytes === 0) covered[info.importedFunctionCount + i] = 1
    const before = out.length
    writer.write({ ...body, frameBytes }, analysis.plan)
    hints.endFunction(info.importedFunctionCount + i)
    if (out.length > mostBytes) throw beyondLimit(offset, 'bytes in the metered module', mostBytes, out.length)
    if (out.length - before > MODULE_LIMITS.functionBytes) {
      throw beyondLimit(offset, 'bytes in a metered function', MODULE_LIMITS.functionBytes, out.length - before)
    }
  }
  const codeEnd = out.length
  for (const helper of helpers.functions) {
    const body = helper.body()
    out.writeU32(body.length)
    out.writeBytes(body)
  }
  return { runs, codeEnd, hints }
}

/** Fuel, what would be left of it, and the stack that is left. */
const ADDED_LOCALS = 3

/** Refuses a function that takes V8 too long to compile. */
function checkMerges({ type, locals, offset }: ReadBody, plan: FunctionPlan): void {
  const values = type.params.length + locals.count + plan.highest
  const merges = values * (plan.eventCount + plan.frameCount + 3 * plan.countedLoops.length)
  const limit = MODULE_LIMITS.functionMerges
  if (merges > limit) throw beyondLimit(offset, 'values at the branches of a function', limit, merges)
}

type ReadBody = Omit<Body, 'frameBytes'> & { readonly type: FunctionType }

function readBody(info: ModuleInfo, types: AddedTypes, index: number, offset: number, end: number): ReadBody {
  const functionIndex = info.importedFunctionCount + index
  const type: FunctionType | undefined = info.functionType(functionIndex)
  if (type === undefined)
    throw malformed(offset, 'a function with a function type', `type ${info.functions[functionIndex]}`)
  const locals = readLocals(info.bytes, offset, end)
  const all = type.params.length + locals.count
  const most = MODULE_LIMITS.functionLocals - ADDED_LOCALS
  if (all > most) throw beyondLimit(offset, 'locals in a function', most, all)
  return { type, offset, end, locals, parameterCount: type.params.length, resultBlockType: types.blockType(type) }
}
