import type { BuildJob, CompileResult } from '../build-protocol.ts'

export async function compileAssemblyScript(_job: BuildJob): Promise<CompileResult> {
  return { kind: 'refused', message: 'later' }
}
