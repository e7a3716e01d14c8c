import type { CompileMode } from '../core/index.ts'
import { COMPILE_MODES, DEFAULT_COMPILE } from '../core/index.ts'
import { word } from './field.ts'
import type { Isolation } from './isolation.ts'
import { DEFAULT_ISOLATION } from './isolation.ts'
import type { Problem } from './problems.ts'

/** What an agent has written of how and where it runs. */
export interface WrittenPlace {
  readonly compile?: CompileMode | undefined
  readonly isolation?: Isolation | undefined
}

/** The key `compile` of an agent. */
export const compileSchema = word(COMPILE_MODES)

const OWN_PROCESS: Isolation = Object.freeze({ kind: 'process', tenant: null })

/** Fills in what is not written: V8 compiles a whole process one way, so an agent that is compiled for speed has its own. */
export function completePlace({ compile = DEFAULT_COMPILE, isolation }: WrittenPlace): {
  readonly compile: CompileMode
  readonly isolation: Isolation
} {
  return { compile, isolation: isolation ?? (compile === 'speed' ? OWN_PROCESS : DEFAULT_ISOLATION) }
}

/** Says what is wrong with an agent that is compiled for speed beside others in a thread. */
export function findCompileProblems({ compile, isolation }: ReturnType<typeof completePlace>): Problem[] {
  if (compile !== 'speed' || isolation.kind === 'process') return []
  const text = 'is "speed", which V8 does for whole processes; expected isolation = "process", or none'
  return [{ path: ['compile'], text }]
}
