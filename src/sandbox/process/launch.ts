import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { existsSync, writeFile } from 'node:fs'
import { extname, join } from 'node:path'
import type { CompileMode } from '../../core/index.ts'
import { SPEED_FLAGS } from '../../core/index.ts'

/*
 * How a process of guests is started. It has no environment and no standard input, and under Node's
 * permission model it can read the code it runs and nothing else: no writing, no processes, no add-ons, no network.
 */

/** Rows of the import law that code in the process imports. */
const READABLE = ['core', 'wasm', 'instrument', 'compile', 'capability', 'wasi', 'sandbox']
/** Folder of all rows: sources, or what was built of them. */
const ROOT = join(import.meta.dirname, '../..')
const PRLIMIT = '/usr/bin/prlimit'

/** Descriptor of the one channel to the host. */
export const CHANNEL = 3

/** The program that runs in the process. */
export const CHILD_ENTRY = join(import.meta.dirname, `main${extname(import.meta.filename)}`)

/** Processes that run. A child notices by itself that its host is gone, unless it is in other hands. */
const running = new Set<ChildProcess>()

function killAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

/**
 * Starts a process. It is killed at the latest when this one exits.
 *
 * @param entry program to run; it may be read as well
 * @param heapMiB bound of the JavaScript heap of the main thread
 * @param compile how V8 compiles the modules in it
 */
export function launch(entry: string, heapMiB: number, compile: CompileMode): ChildProcess {
  const flags = compile === 'speed' ? SPEED_FLAGS : []
  const node = [process.execPath, ...flags, ...nodeArguments(entry, heapMiB)]
  const [file, ...args] = [...resourceLimits(), ...node]
  const child = spawn(file!, args, {
    env: {},
    // Until it drops it, a worker with options of its own may read its working directory: one it may read anyway.
    cwd: join(ROOT, 'sandbox'),
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // A group of its own: an interrupt at the terminal is for the host, which ends its guests in good order.
    detached: true,
    windowsHide: true,
  })
  if (running.size === 0) process.once('exit', killAll)
  running.add(child)
  child.once('exit', () => {
    running.delete(child)
    if (running.size === 0) process.off('exit', killAll)
  })
  if (process.platform === 'linux' && child.pid !== undefined) offerFirst(child.pid)
  return child
}

/**
 * Options of Node for the worker thread of such a process. They are complete: a worker with options of its own inherits no
 * permission model, so that `[]` would allow everything. It cannot start threads itself.
 */
export function threadArguments(): string[] {
  return [...readPermission(), '--allow-inspector', '--no-warnings']
}

function readPermission(): string[] {
  return ['--permission', ...READABLE.map((folder) => `--allow-fs-read=${join(ROOT, folder, '*')}`)]
}

function nodeArguments(entry: string, heapMiB: number): string[] {
  return [
    ...readPermission(),
    `--allow-fs-read=${entry}`,
    '--allow-worker',
    '--allow-inspector',
    '--disable-sigusr1',
    '--disallow-code-generation-from-strings',
    '--no-warnings',
    `--max-old-space-size=${heapMiB}`,
    entry,
  ]
}

/** No core files, and not a byte into any file, even for native code: where the program for it is installed. */
function resourceLimits(): string[] {
  return existsSync(PRLIMIT) ? [PRLIMIT, '--core=0:0', '--fsize=0:0', '--'] : []
}

/** When memory runs out, the kernel ends this process before the host. Anybody may offer a process of his own. */
function offerFirst(pid: number): void {
  writeFile(`/proc/${pid}/oom_score_adj`, '1000', () => {})
}
