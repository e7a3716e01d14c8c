import { spawn } from 'node:child_process'
import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Runs this command line in a process that is started with other flags of V8, in place of this one: it has the same input,
 * outputs, environment and working directory, and gets the signals that this one gets.
 *
 * @returns its exit code, as a shell reports it
 */
export async function respawn(flags: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [...flags, ...process.execArgv, ...process.argv.slice(1)], { stdio: 'inherit' })
  // An interrupt at a terminal goes to both: a second one would end the child at once.
  const isSent = (signal: string) => signal === 'SIGINT' && process.stdin.isTTY
  const listeners = SIGNALS.map((signal) => [signal, () => void (isSent(signal) || child.kill(signal))] as const)
  for (const [signal, listener] of listeners) process.on(signal, listener)
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGKILL']))
    })
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}
