/**
 * Entry of the build process: takes jobs, one at a time, and compiles them. It runs without any permission but to read its own
 * files and those of the compilers, because a source may be written to attack its compiler.
 */
import { compileAssemblyScript } from './assemblyscript/compile.ts'
import type { BuildJob, BuildReply, Compile } from './build-protocol.ts'
import { compileC } from './c/compile.ts'

const COMPILERS: Readonly<Record<string, Compile>> = {
  c: compileC,
  cpp: compileC,
  'c-command': compileC,
  'cpp-command': compileC,
  assemblyscript: compileAssemblyScript,
}

async function runJob(job: BuildJob): Promise<BuildReply> {
  const compile = COMPILERS[job.language]
  if (compile === undefined) return { id: job.id, kind: 'refused', message: `no compiler for ${job.language}` }
  try {
    return { ...(await compile(job)), id: job.id }
  } catch (error) {
    return {
      id: job.id,
      kind: 'refused',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }
  }
}

process.on('disconnect', () => process.exit())
process.on('message', (job: BuildJob) => {
  runJob(job).then(
    (reply) => process.send?.(reply),
    () => process.exit(1),
  )
})
