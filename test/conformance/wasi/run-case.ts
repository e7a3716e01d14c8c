import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asCaxtonError } from '../../../src/core/index.ts'
import { execModule } from '../../../src/exec.ts'
import type { FilesInput } from '../../../src/system/index.ts'
import type { WasiCase } from './manifest.ts'

export const FILE_SYSTEMS = ['memory', 'host'] as const
export type FileSystem = (typeof FILE_SYSTEMS)[number]

/** Runs a case on one of the file systems; says why it failed, null if it passed. */
export async function runCase(wasiCase: WasiCase, fileSystem: FileSystem): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-wasi-'))
  try {
    return await runIn(folder, wasiCase, fileSystem)
  } catch (error) {
    const { code, detail } = asCaxtonError(error)
    return `${code}: ${detail}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runIn(folder: string, wasiCase: WasiCase, fileSystem: FileSystem): Promise<string | null> {
  const { file, args, env, root, exitCode } = wasiCase
  // Cases write into their root: the suite itself stays as it is.
  if (root !== null) cpSync(root, folder, { recursive: true })
  const files: FilesInput =
    fileSystem === 'memory' ? { at: '/', memory: '64MiB', preload: folder } : { at: '/', host: folder, access: 'rw' }
  const output = { stdout: '', stderr: '' }
  const result = await execModule({
    bytes: readFileSync(file),
    args: [wasiCase.name, ...args],
    env,
    limits: {},
    clock: '1us',
    random: 'secure',
    files: root === null ? [] : [files],
    onStdout: (bytes) => {
      output.stdout += Buffer.from(bytes).toString()
    },
    onStderr: (bytes) => {
      output.stderr += Buffer.from(bytes).toString()
    },
  })
  if (result.error !== null) return `${result.error.code}: ${result.error.detail ?? ''} ${lastLine(output.stderr)}`
  if (result.exitCode !== exitCode) return `exit code ${result.exitCode}, not ${exitCode} ${lastLine(output.stderr)}`
  for (const stream of ['stdout', 'stderr'] as const) {
    const expected = wasiCase[stream]
    if (expected !== undefined && output[stream] !== expected) {
      return `${stream} is ${JSON.stringify(output[stream].slice(0, 200))}, not ${JSON.stringify(expected)}`
    }
  }
  return null
}

function lastLine(text: string): string {
  return text.trim().replaceAll('\n', ' ').slice(-300)
}
