import type { BuildJob, CompileResult } from '../build-protocol.ts'

/** The part of the compiler that is used. */
interface Compiler {
  main(args: readonly string[], options: CompilerOptions): Promise<{ readonly error: Error | null }>
}

interface CompilerOptions {
  readonly stdout: TextSink
  readonly stderr: TextSink
  readFile(name: string): string | null
  writeFile(name: string, contents: Uint8Array | string): void
  listFiles(): string[]
}

interface TextSink {
  write(chunk: Uint8Array | string): void
}

/** A package, because what lies in a library directory is global to every source. */
const SDK_DIRECTORY = 'node_modules/caxton'
const ENTRY = 'caxton-entry.ts'
const OUTPUT = 'caxton-output.wasm'

/** Compiles AssemblyScript with asc, which sees the sources and the SDK, nothing else. */
export async function compileAssemblyScript(job: BuildJob): Promise<CompileResult> {
  const compiler = (await import(job.toolUrl)) as Compiler
  const utf8 = new TextDecoder()
  const files = new Map(Object.entries(job.files).map(([name, bytes]) => [name, utf8.decode(bytes)]))
  for (const [name, bytes] of Object.entries(job.sdk)) files.set(`${SDK_DIRECTORY}/${name}`, utf8.decode(bytes))
  files.set(ENTRY, writeEntry(job.main, files.get(job.main) ?? ''))
  let messages = ''
  let built: Uint8Array | undefined
  const sink: TextSink = {
    write: (chunk) => {
      messages += typeof chunk === 'string' ? chunk : utf8.decode(chunk)
    },
  }
  const args = [ENTRY, '--outFile', OUTPUT, '--exportStart', '_initialize', ...job.flags]
  const { error } = await compiler.main(args, {
    stdout: sink,
    stderr: sink,
    readFile: (name) => files.get(name) ?? null,
    writeFile: (_, contents) => {
      if (contents instanceof Uint8Array) built = contents
    },
    listFiles: () => [],
  })
  if (error === null && built !== undefined) return { kind: 'built', bytes: built }
  return { kind: 'refused', message: messages === '' ? String(error) : messages }
}

/**
 * Writes the module that has the exports of the ABI: only those of the entry are kept. A source that exports `handle_message`
 * itself is left to itself.
 */
function writeEntry(main: string, source: string): string {
  const module = `./${main.replace(/\.ts$/, '')}`
  const lines = [
    'import { allocateMessage, readMessage } from "caxton"',
    'export function caxton_alloc(length: i32): usize { return allocateMessage(length) }',
  ]
  if (!exportsFunction(source, 'handleMessage')) return [`export * from "${module}"`, ''].join('\n')
  lines.push(
    `import { handleMessage } from "${module}"`,
    'export function handle_message(pointer: usize, length: i32): i32 { return handleMessage(readMessage(pointer, length)) }',
  )
  if (exportsFunction(source, 'init')) {
    lines.push(`import { init } from "${module}"`, 'export function agent_init(): i32 { return init() }')
  }
  if (exportsFunction(source, 'handleTimer')) {
    lines.push(
      `import { handleTimer } from "${module}"`,
      'export function handle_timer(id: i32): i32 { return handleTimer(id) }',
    )
  }
  return [...lines, ''].join('\n')
}

function exportsFunction(source: string, name: string): boolean {
  return new RegExp(`^[ \\t]*export\\s+function\\s+${name}\\b`, 'm').test(source)
}
