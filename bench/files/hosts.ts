import * as fs from 'node:fs'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WASI as NodeWasi } from 'node:wasi'
import { File, OpenFile, PreopenDirectory, WASI as ShimWasi } from '@bjorn3/browser_wasi_shim'
import { WASI as UtilWasi } from '@tybys/wasm-util'
import { commands } from '@yowasp/clang'
import { NO_GRANTS } from '../../src/capability/index.ts'
import { ModuleCache } from '../../src/compile/index.ts'
import type { Limits } from '../../src/core/index.ts'
import { DEFAULT_LIMITS } from '../../src/core/index.ts'
import type { SandboxEvents } from '../../src/sandbox/index.ts'
import { SandboxPool } from '../../src/sandbox/index.ts'
import type { Mount } from '../../src/wasi/index.ts'

/** Somebody who runs the guest; what it does to files is its own way. */
export interface FileHost extends AsyncDisposable {
  readonly name: string
  readonly holds: 'memory' | 'host'
  /** Does one of the works of `files.c`. @throws if it failed */
  run(work: number): Promise<void> | void
}

interface GuestExports {
  run(work: number): number
}

/** Builds the guest. */
export async function buildGuest(): Promise<Uint8Array> {
  const source = readFileSync(join(import.meta.dirname, 'files.c'))
  const options = ['-O2', '-mexec-model=reactor', '-o', 'files.wasm', 'files.c']
  const built = await commands.clang(options, { 'files.c': source }, { fetchProgress: () => {} })
  return (built as Record<string, Uint8Array>)['files.wasm']!
}

/** Makes every host, each with an empty directory of its own where it needs one. */
export async function createHosts(bytes: Uint8Array, folder: string): Promise<readonly FileHost[]> {
  const directory = (name: string) => {
    const made = join(folder, name)
    mkdirSync(made)
    return made
  }
  const bound = { bytes: 2 ** 30, files: 10_000 }
  return [
    await createCaxton(bytes, 'caxton', { kind: 'memory', at: '/', tree: [], ...bound }),
    await createCaxton(bytes, 'caxton', { kind: 'host', at: '/', path: directory('caxton'), access: 'rw', ...bound }),
    createNodeWasi(bytes, directory('node')),
    createUtilWasi(bytes, directory('util')),
    createShim(bytes),
  ]
}

/** The whole way: a metered module in a worker thread, called by messages. */
async function createCaxton(bytes: Uint8Array, name: string, mount: Mount): Promise<FileHost> {
  const limits: Limits = { ...DEFAULT_LIMITS, fuel: 1e12, wallMs: 600_000, hostCalls: 1e9 }
  const compiled = await new ModuleCache().compile(bytes, limits)
  const pool = new SandboxPool({ run: 'bench' }, { threads: 1 })
  const spec = {
    name,
    compiled,
    door: 'caxton',
    script: null,
    grants: NO_GRANTS,
    limits,
    config: {},
    mounts: [mount],
  } as const
  const events: SandboxEvents = { onSend: () => {}, onLog: () => {}, onRegister: () => {}, onRefuse: () => {} }
  const sandbox = await pool.create(spec, events)
  await sandbox.start()
  return {
    name: `${name}, ${mount.kind}`,
    holds: mount.kind,
    run: async (work) => {
      const message = { performative: 'inform', sender: 'user', receiver: name, message_id: 'm', content: String(work) }
      const { status, error } = await sandbox.handle(message as Parameters<typeof sandbox.handle>[0])
      assertDone(name, work, error === null ? status : -1)
    },
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

function createNodeWasi(bytes: Uint8Array, directory: string): FileHost {
  const wasi = new NodeWasi({ version: 'preview1', preopens: { '/': directory } })
  const instance = instantiate(bytes, wasi.getImportObject() as WebAssembly.Imports)
  wasi.initialize(instance)
  return direct('node:wasi, host', 'host', instance)
}

function createUtilWasi(bytes: Uint8Array, directory: string): FileHost {
  const wasi = new UtilWasi({ version: 'preview1', preopens: { '/': directory }, fs: fs as never })
  const imports = { wasi_snapshot_preview1: wasi.wasiImport } as unknown as WebAssembly.Imports
  const instance = instantiate(bytes, imports)
  wasi.initialize(instance)
  return direct('@tybys/wasm-util, host', 'host', instance)
}

function createShim(bytes: Uint8Array): FileHost {
  const stream = () => new OpenFile(new File([]))
  const wasi = new ShimWasi([], [], [stream(), stream(), stream(), new PreopenDirectory('/', new Map())])
  const imports = { wasi_snapshot_preview1: wasi.wasiImport } as unknown as WebAssembly.Imports
  const instance = instantiate(bytes, imports)
  wasi.initialize(instance as unknown as Parameters<typeof wasi.initialize>[0])
  return direct('@bjorn3/browser_wasi_shim, memory', 'memory', instance)
}

function instantiate(bytes: Uint8Array, imports: WebAssembly.Imports): WebAssembly.Instance {
  return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes)), imports)
}

/** Calls the guest as it is, in the main thread. */
function direct(name: string, holds: FileHost['holds'], instance: WebAssembly.Instance): FileHost {
  const { run } = instance.exports as unknown as GuestExports
  return { name, holds, run: (work) => assertDone(name, work, run(work)), [Symbol.asyncDispose]: async () => {} }
}

function assertDone(name: string, work: number, status: number): void {
  if (status !== 0) throw new TypeError(`${name} answered ${status} to work ${work}`)
}
