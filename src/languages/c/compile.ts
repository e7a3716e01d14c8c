import type { BuildJob, CompileResult } from '../build-protocol.ts'

type Tree = { [name: string]: Tree | Uint8Array }

/** The part of the clang package that is used. */
interface ClangPackage {
  runClang(args: readonly string[], files: Tree, options: ClangOptions): Promise<Tree> | Tree
}

interface ClangOptions {
  readonly stdout: (bytes: Uint8Array | null) => void
  readonly stderr: (bytes: Uint8Array | null) => void
  readonly fetchProgress: () => void
}

const SDK_DIRECTORY = 'caxton-sdk'
const OUTPUT = 'caxton-output.wasm'

/** Compiles C or C++ with clang, whose file system is an object that holds the sources and the SDK, nothing else. */
export async function compileC(job: BuildJob): Promise<CompileResult> {
  const clang = (await import(job.toolUrl)) as ClangPackage
  const utf8 = new TextDecoder()
  let messages = ''
  const keep = (bytes: Uint8Array | null) => {
    if (bytes !== null) messages += utf8.decode(bytes, { stream: true })
  }
  const files: Tree = { ...toTree(job.files), [SDK_DIRECTORY]: { ...job.sdk } }
  const args = [...job.flags, `-I/${SDK_DIRECTORY}`, job.main, '-o', OUTPUT]
  try {
    const output = await clang.runClang(args, files, { stdout: keep, stderr: keep, fetchProgress: () => {} })
    const bytes = output[OUTPUT]
    if (bytes instanceof Uint8Array) return { kind: 'built', bytes }
  } catch (error) {
    if (messages === '') messages = error instanceof Error ? error.message : String(error)
  }
  return { kind: 'refused', message: messages }
}

/** Makes nested directories of paths such as `lib/words.h`. */
function toTree(files: BuildJob['files']): Tree {
  const root: Tree = {}
  for (const [path, bytes] of Object.entries(files)) {
    const names = path.split('/')
    const last = names.pop()!
    let directory = root
    for (const name of names) {
      directory[name] ??= {}
      directory = directory[name] as Tree
    }
    directory[last] = bytes
  }
  return root
}
