import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

export const ROOT = join(import.meta.dirname, '../..')

/** What the tests look at in a line of `caxton run --json`. */
export interface JsonLine {
  readonly type: string
  readonly agent?: string
  readonly text?: string
  readonly error?: { readonly code: string } | null
  readonly message?: JsonMessage
}

export interface JsonMessage {
  readonly sender: string
  readonly receiver: string
  readonly performative: string
  readonly content?: unknown
}

export interface JsonSummary {
  readonly type: 'summary'
  readonly reached: boolean
  readonly reason: string
  readonly result: JsonMessage | null
  readonly agents: readonly {
    readonly name: string
    readonly phase: string
    readonly reason: { readonly code: string } | null
    readonly refusals: number
    readonly messagesIn: number
    readonly messagesOut: number
  }[]
}

export interface SystemRun {
  readonly exitCode: number | null
  readonly stderr: string
  readonly lines: readonly JsonLine[]
  /** The last line, null when it is no summary. */
  readonly summary: JsonSummary | null
}

/** Runs the command line from the sources to its end. */
export async function runProgram(
  ...args: readonly string[]
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { exitCode, stdout, stderr }
}

/** Runs `caxton run <args> --json` and reads what it prints. */
export async function runSystem(...args: readonly string[]): Promise<SystemRun> {
  const { exitCode, stdout, stderr } = await runProgram('run', ...args, '--json')
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine)
  const last = lines.at(-1)
  const summary = last?.type === 'summary' ? (last as unknown as JsonSummary) : null
  return { exitCode, stderr, lines, summary }
}
