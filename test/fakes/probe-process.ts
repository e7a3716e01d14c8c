import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import inspector from 'node:inspector'
import { createRequire } from 'node:module'
import { connect, createServer, Socket } from 'node:net'
import os, { setPriority } from 'node:os'
import { dlopen, execve, kill } from 'node:process'
import v8 from 'node:v8'
import { WASI } from 'node:wasi'
import { Worker } from 'node:worker_threads'
import { threadArguments } from '../../src/sandbox/process/launch.ts'
import { dropPermissions } from '../../src/sandbox/process/permissions.ts'

/**
 * Whoever has broken out of WebAssembly in a process of guests, with all of Node's JavaScript at hand. Tries what it can and
 * reports what became of each attempt, in the main thread and in a worker like that of the guests.
 */
const isMain = process.argv[2] !== 'worker'
const require = createRequire(import.meta.url)
const ROOT = new URL('../..', import.meta.url).pathname

const hidden = (name: string) => {
  const found = (process as unknown as Record<string, (...args: number[]) => unknown>)[name]
  if (found === undefined) throw new TypeError(`no ${name}`)
  return found
}

/** What is denied to a server is thrown where nobody can catch it. */
const network = (begin: (done: (error?: unknown) => void) => void) =>
  new Promise<void>((resolve, reject) => {
    process.once('uncaughtException', reject)
    begin((error) => (error === undefined ? resolve() : reject(error)))
  })

const ATTEMPTS: Readonly<Record<string, () => unknown>> = {
  'read /etc/passwd': () => readFileSync('/etc/passwd'),
  'read package.json': () => readFileSync(`${ROOT}/package.json`),
  'read the environment of the host': () => readFileSync(`/proc/${process.ppid}/environ`),
  'list a folder': () => readdirSync('/'),
  'write a file': () => writeFileSync('/tmp/caxton-probe', ''),
  'write through /proc': () => writeFileSync('/proc/self/oom_score_adj', '0'),
  'start a process': () => must(spawnSync('/bin/true').error === undefined),
  'connect to loopback': () => network((done) => connect(9, '127.0.0.1', done).on('error', done)),
  'connect to a socket in the file system': () => network((done) => connect('/run/probe.sock', done).on('error', done)),
  listen: () =>
    network((done) =>
      createServer()
        .on('error', done)
        .listen(0, '127.0.0.1', () => done()),
    ),
  'load an add-on': () => dlopen({ exports: {} } as NodeJS.Module, '/lib/x86_64-linux-gnu/libc.so.6'),
  'use process.binding': () => (process as unknown as { binding(name: string): unknown }).binding('spawn_sync'),
  'open a debugger': () => inspector.open(0),
  'debug another thread': () => new inspector.Session().connectToMainThread(),
  'start a worker': () => new Worker('', { eval: true }),
  'start a worker without permissions to ask': () => new Worker('', { eval: true, execArgv: [] }),
  'signal the host': () => process.kill(process.ppid, 0),
  'signal the host by another name': () => must(hidden('_kill')(process.ppid, 0) === 0),
  'signal the host by an import': () => kill(process.ppid, 0),
  'make the host open a debugger': () => hidden('_debugProcess')(process.ppid),
  'lower the priority of the host': () => os.setPriority(process.ppid, 1),
  'lower it by an import': () => setPriority(process.ppid, 1),
  'write a report': () => must(process.report.writeReport('/tmp/caxton-probe') !== ''),
  'write a heap snapshot': () => v8.writeHeapSnapshot('/tmp/caxton-probe'),
  'become another program': () => {
    must(execve !== undefined)
    execve?.('/bin/true', [])
  },
  'evaluate text': () => new Function('return 1')(),
  'make a WASI': () => new WASI({ version: 'preview1', preopens: { '/': '/' } }),
  'load a module from elsewhere': () => require('/etc/passwd'),
  'find an environment': () => must(Object.keys(process.env).length > 0),
}

/** Fails an attempt that failed without an exception of its own. */
function must(isDone: boolean): void {
  if (!isDone) throw Object.assign(new Error('nothing there'), { code: 'NOTHING' })
}

async function probe(): Promise<Record<string, string>> {
  const results: Record<string, string> = {}
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    try {
      await attempt()
      results[name] = 'allowed'
    } catch (error) {
      results[name] = (error as { code?: string }).code ?? (error as Error).name
    }
  }
  return results
}

const { parentPort } = await import('node:worker_threads')
if (isMain) {
  const execArgv = [...threadArguments(), `--allow-fs-read=${import.meta.filename}`]
  const worker = new Worker(new URL(import.meta.url), { env: {}, argv: ['worker'], execArgv })
  const inWorker = await new Promise((resolve) => worker.on('message', resolve))
  dropPermissions()
  const report = JSON.stringify({ main: await probe(), worker: inWorker })
  new Socket({ fd: 3, readable: true, writable: true }).end(`${report}\n`)
} else {
  dropPermissions()
  parentPort?.postMessage(await probe())
  setInterval(() => {}, 1_000)
}
