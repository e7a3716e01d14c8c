import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import binaryen from 'binaryen'
import { Caxton } from '../src/index.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'
import type { PeerModule } from './peer-module.ts'
import { describeMissing, loadPeer } from './peer-module.ts'

/**
 * What somebody would take from npm instead. None of it is a dependency: `npm install --no-save` brings it for a run, and whatever is
 * missing is named in the report.
 */
const EXTISM = '@extism/extism'
const QUICKJS = 'quickjs-emscripten'

const ROUNDS = 11
const ECHOES = 200
const TEXT = 'x'.repeat(100)
/** Turns of the generator: compiled, and in a script. */
const TURNS = 20_000_000
const SCRIPT_TURNS = 300_000

/** Something that runs a guest. */
interface Host {
  echo(text: string): unknown
  compute(turns: number): unknown
  close(): unknown
}

interface Peer {
  readonly name: string
  /** From the bytes or the text of a guest to a guest that answers. */
  start(): Promise<Host>
}

const AGENTS = join(import.meta.dirname, 'agents')

/** Echoes, computes and starts the same guests on Caxton and on what else there is, in turn. Losses are printed like gains. */
export async function benchPeers(): Promise<Report> {
  await using caxton = await Caxton.start({ threads: 1 })
  const missing: string[] = []
  const compiled = [startOn(caxton, 'caxton, C', 'peer.c'), startWorker('worker threads, node:wasi')]
  const extism = await loadPeer(EXTISM, missing)
  if (extism !== null) {
    compiled.push(
      startExtism(`${EXTISM}, in a worker`, extism, true),
      startExtism(`${EXTISM}, in this thread`, extism, false),
    )
  }
  const scripts = [startOn(caxton, 'caxton, JavaScript', 'peer.js')]
  const quickjs = await loadPeer(QUICKJS, missing)
  if (quickjs !== null) scripts.push(await startQuickJs(`${QUICKJS}, in this thread`, quickjs))
  const rows = [...(await compare(compiled, TURNS)), ...(await compare(scripts, SCRIPT_TURNS))]
  return {
    title: 'Peers from npm',
    about:
      `The same guests on each, median of ${ROUNDS}, over Caxton (below 1: faster than it). Echo: ${ECHOES} messages of ${TEXT.length} characters, one after ` +
      `the other. Compute: ${TURNS.toLocaleString('en')} turns of a generator in WebAssembly, ${SCRIPT_TURNS.toLocaleString('en')} in a script. Start: from the ` +
      'bytes to the first answer. Not alike: Caxton routes messages that it checks, counts and bounds, meters every instruction and can stop a ' +
      `guest; what runs in this thread stops it, and worker threads have no limits at all.${describeMissing(missing)}`,
    columns: ['guests on', 'echo', 'compute', 'start', 'one echo', 'compute', 'start'],
    rows,
  }
}

async function compare(peers: readonly Peer[], turns: number): Promise<string[][]> {
  const hosts = await Promise.all(peers.map((peer) => peer.start()))
  const samples = async (act: (host: Host, index: number) => Promise<void>) =>
    (
      await measure(
        peers.map(({ name }, index) => ({ name, run: () => act(hosts[index]!, index) })),
        ROUNDS,
      )
    ).map(({ medianMs }) => medianMs)
  const echo = await samples(async (host) => {
    for (let count = 0; count < ECHOES; count += 1) await host.echo(TEXT)
  })
  const compute = await samples(async (host) => void (await host.compute(turns)))
  const start = await samples(async (_host, index) => {
    const host = await peers[index]!.start()
    await host.echo(TEXT)
    await host.close()
  })
  for (const host of hosts) await host.close()
  const ratio = (times: readonly number[], index: number) => (times[index]! / times[0]!).toFixed(2)
  return peers.map(({ name }, index) => [
    name,
    ...[echo, compute, start].map((times) => ratio(times, index)),
    `${((echo[index]! / ECHOES) * 1_000).toFixed(1)} µs`,
    `${compute[index]!.toFixed(1)} ms`,
    `${start[index]!.toFixed(2)} ms`,
  ])
}

let agents = 0

function startOn(caxton: Caxton, name: string, file: string): Peer {
  return {
    name,
    async start() {
      agents += 1
      const receiver = `peer-${agents}`
      await caxton.deploy({ name: receiver, source: join(AGENTS, file), limits: { fuel: '100G', wall: '60s' } })
      const ask = (content: unknown) =>
        caxton.request({ performative: 'request', receiver, content }, { deadlineMs: 60_000 })
      // A runtime keeps its agents: it has nothing to close before it is closed itself.
      return { echo: ask, compute: ask, close() {} }
    },
  }
}

const GENERATE = `(func $generate (param $turns i32) (result i32) (local $state i32) (local.set $state (i32.const 1))
  (block $done (loop $again (br_if $done (i32.eqz (local.get $turns)))
    (local.set $state (i32.xor (local.get $state) (i32.shl (local.get $state) (i32.const 13))))
    (local.set $state (i32.xor (local.get $state) (i32.shr_u (local.get $state) (i32.const 17))))
    (local.set $state (i32.xor (local.get $state) (i32.shl (local.get $state) (i32.const 5))))
    (local.set $turns (i32.sub (local.get $turns) (i32.const 1))) (br $again))) (local.get $state))`

function assemble(wat: string): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(wat)
  const bytes = Uint8Array.from(module.emitBinary())
  module.dispose()
  return bytes
}

const REACTOR = () =>
  assemble(`(module (memory (export "memory") 2) ${GENERATE} (export "generate" (func $generate))
    (func (export "_initialize")) (func (export "buffer") (result i32) (i32.const 1024))
    (func (export "echo") (param $length i32) (result i32) (memory.copy (i32.const 66000) (i32.const 1024) (local.get $length)) (i32.const 66000)))`)

const WORKER = `
const { parentPort, workerData } = require('node:worker_threads')
const { WASI } = require('node:wasi')
const wasi = new WASI({ version: 'preview1', args: [], env: {}, preopens: {} })
const instance = new WebAssembly.Instance(new WebAssembly.Module(workerData), wasi.getImportObject())
wasi.initialize(instance)
const { memory, buffer, echo, generate } = instance.exports
const encoder = new TextEncoder(), decoder = new TextDecoder()
parentPort.on('message', (content) => {
  if (typeof content === 'number') return parentPort.postMessage(generate(content) >>> 0)
  const bytes = encoder.encode(content)
  new Uint8Array(memory.buffer).set(bytes, buffer())
  const pointer = echo(bytes.length)
  parentPort.postMessage(decoder.decode(new Uint8Array(memory.buffer, pointer, bytes.length)))
})`

function startWorker(name: string): Peer {
  const bytes = REACTOR()
  return {
    name,
    async start() {
      const worker = new Worker(WORKER, { eval: true, workerData: bytes, env: {}, stderr: true })
      const ask = (content: unknown) => {
        const { promise, resolve } = Promise.withResolvers()
        worker.once('message', resolve)
        worker.postMessage(content)
        return promise
      }
      return { echo: ask, compute: ask, close: () => worker.terminate() }
    },
  }
}

/** What is used of the two packages; they are not there when types are checked. */
interface ExtismPlugin {
  call(name: string, input: string | Uint8Array): Promise<{ text(): string }>
  close(): Promise<void>
}
type CreatePlugin = (manifest: object, options: object) => Promise<ExtismPlugin>

const PLUGIN = () => {
  const imports = [
    ['input_length', '(result i64)'],
    ['input_load_u8', '(param i64) (result i32)'],
    ['alloc', '(param i64) (result i64)'],
    ['store_u8', '(param i64 i32)'],
    ['output_set', '(param i64 i64)'],
  ].map(([name, type]) => `(import "extism:host/env" "${name}" (func $${name} ${type}))`)
  return assemble(`(module ${imports.join(' ')} (memory (export "memory") 1) ${GENERATE}
    (func (export "echo") (result i32) (local $length i64) (local $output i64) (local $at i64)
      (local.set $length (call $input_length)) (local.set $output (call $alloc (local.get $length)))
      (block $done (loop $again (br_if $done (i64.eq (local.get $at) (local.get $length)))
        (call $store_u8 (i64.add (local.get $output) (local.get $at)) (call $input_load_u8 (local.get $at)))
        (local.set $at (i64.add (local.get $at) (i64.const 1))) (br $again)))
      (call $output_set (local.get $output) (local.get $length)) (i32.const 0))
    (func (export "compute") (result i32) (local $output i64)
      (local.set $output (call $alloc (i64.const 1)))
      (call $store_u8 (local.get $output) (call $generate (i32.const ${TURNS})))
      (call $output_set (local.get $output) (i64.const 1)) (i32.const 0)))`)
}

function startExtism(name: string, loaded: PeerModule, runInWorker: boolean): Peer {
  const createPlugin = loaded['createPlugin'] as CreatePlugin
  const data = PLUGIN()
  return {
    name,
    async start() {
      const plugin = await createPlugin({ wasm: [{ data }] }, { useWasi: false, runInWorker })
      return {
        echo: async (text) => (await plugin.call('echo', text)).text(),
        compute: () => plugin.call('compute', ''),
        close: () => plugin.close(),
      }
    },
  }
}

interface QuickJsContext {
  evalCode(code: string): { value: unknown }
  unwrapResult(result: unknown): { dispose(): void }
  getProp(target: unknown, name: string): { dispose(): void }
  newString(text: string): { dispose(): void }
  newNumber(value: number): { dispose(): void }
  callFunction(callee: unknown, self: unknown, ...args: unknown[]): unknown
  dump(value: unknown): unknown
  dispose(): void
  readonly global: unknown
  readonly undefined: unknown
}

const SCRIPT = `globalThis.handle = (content) => {
  if (typeof content !== 'number') return content
  let state = 1
  for (let turn = 0; turn < content; turn += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
  }
  return state >>> 0
}`

async function startQuickJs(name: string, loaded: PeerModule): Promise<Peer> {
  const engine = await (loaded['getQuickJS'] as () => Promise<{ newContext(): QuickJsContext }>)()
  return {
    name,
    async start() {
      const context = engine.newContext()
      context.unwrapResult(context.evalCode(SCRIPT)).dispose()
      const handle = context.getProp(context.global, 'handle')
      const call = (argument: { dispose(): void }) => {
        const result = context.unwrapResult(context.callFunction(handle, context.undefined, argument))
        const value = context.dump(result)
        argument.dispose()
        result.dispose()
        return value
      }
      return {
        echo: (text) => call(context.newString(text)),
        compute: (turns) => call(context.newNumber(turns)),
        close() {
          handle.dispose()
          context.dispose()
        },
      }
    },
  }
}
