import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import type { AskHandler, Grants } from '../capability/index.ts'
import { NO_GRANTS } from '../capability/index.ts'
import type { CompiledModule } from '../compile/index.ts'
import { ModuleCache } from '../compile/index.ts'
import type { CompileMode, DoorName, ErrorData, Limits, Message, Scheduling } from '../core/index.ts'
import { DEFAULT_LIMITS } from '../core/index.ts'
import type { Mount } from '../wasi/index.ts'
import type { Kept, LogLine, Outcome, Sandbox } from './index.ts'
import { SandboxPool } from './index.ts'

/** A pool with one thread: all agents of a test are neighbours. */
export function createPool(): SandboxPool {
  return new SandboxPool({ run: 'test' }, { threads: 1 })
}

binaryen.setDebugInfo(true)
const { MVP, MutableGlobals, BulkMemory, ExceptionHandling, ReferenceTypes, Multivalue, GC } = binaryen.Features
const FEATURES = MVP | MutableGlobals | BulkMemory | ExceptionHandling | ReferenceTypes | Multivalue | GC
const cache = new ModuleCache()

export function assemble(wat: string): Uint8Array {
  const module = binaryen.parseText(wat)
  module.setFeatures(FEATURES)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

export function compileWat(wat: string, limits: Limits = DEFAULT_LIMITS): Promise<CompiledModule> {
  return cache.compile(assemble(wat), limits)
}

/** An agent of the caxton ABI: `fields` are added to the module, `handle` is the body of `handle_message`. */
export function agentWat(handle: string, fields = ''): string {
  return `(module ${fields}
    (memory (export "memory") 1)
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 4096))
    (func $handle (export "handle_message") (param $ptr i32) (param $len i32) (result i32) ${handle}))`
}

/** Answers how many messages it has handled: a neighbour whose state can be checked. */
export const COUNTER = agentWat(
  '(global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count)',
  '(global $count (mut i32) (i32.const 0))',
)

export const SPIN = agentWat('(loop $again (br $again)) (unreachable)')

/** Sends the draft once for every message; the answer of `send_message` is its status. `wrap` puts code around the call. */
export function sendWat(draft: object | string, wrap = (call: string) => call, fields = ''): string {
  const text = typeof draft === 'string' ? draft : JSON.stringify(draft)
  const data = [...Buffer.from(text)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')
  return agentWat(
    wrap(`(call $send (i32.const 8192) (i32.const ${Buffer.byteLength(text)}))`),
    `(import "caxton" "send_message" (func $send (param i32 i32) (result i32))) (data (i32.const 8192) "${data}") ${fields}`,
  )
}

export interface Deployed {
  readonly sandbox: Sandbox
  readonly sent: { message: Message; reserved: boolean }[]
  readonly logs: LogLine[]
  readonly registered: string[]
  /** Senders of the messages during which that happened; null where there was none. */
  readonly registeredFor: (string | null)[]
  readonly refusals: ErrorData[]
  readonly restarts: unknown[]
  handle(content?: string): Promise<Outcome>
}

export interface DeployOptions {
  readonly name?: string
  readonly door?: DoorName
  readonly grants?: Partial<Grants>
  readonly limits?: Partial<Limits>
  readonly config?: Readonly<Record<string, string>>
  readonly tenant?: string
  readonly compile?: CompileMode
  readonly onAsk?: AskHandler
  readonly scheduling?: Partial<Scheduling> | undefined
  readonly kept?: Kept
  readonly mounts?: readonly Mount[]
  readonly startsAhead?: boolean
}

export async function deploy(
  pool: Pick<SandboxPool, 'create'>,
  wat: string,
  options: DeployOptions = {},
): Promise<Deployed> {
  const name = options.name ?? 'subject'
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const deployed = { sent: [], logs: [], registered: [], registeredFor: [], refusals: [], restarts: [] } as Omit<
    Deployed,
    'sandbox' | 'handle'
  >
  const sandbox = await pool.create(
    {
      name,
      compiled: await compileWat(wat, limits),
      door: options.door ?? 'caxton',
      script: null,
      grants: { ...NO_GRANTS, ...options.grants },
      limits,
      config: options.config ?? {},
      scheduling: options.scheduling ?? {},
      mounts: options.mounts ?? [],
      ...(options.compile === undefined ? {} : { compile: options.compile }),
      ...(options.kept === undefined ? {} : { kept: () => options.kept! }),
      ...(options.tenant === undefined ? {} : { tenant: options.tenant }),
      startsAhead: options.startsAhead ?? false,
    },
    {
      onSend: (message, reserved) => deployed.sent.push({ message, reserved }),
      onLog: (line) => deployed.logs.push(line),
      onRegister: (capability, cause) => {
        deployed.registered.push(capability)
        deployed.registeredFor.push(cause?.sender ?? null)
      },
      onRefuse: (refusal) => deployed.refusals.push(refusal),
      onRestart: (reason) => deployed.restarts.push(reason),
      ...(options.onAsk === undefined ? {} : { onAsk: options.onAsk }),
    },
  )
  return { ...deployed, sandbox, handle: (content) => sandbox.handle(toMessage(name, content)) }
}

export function toMessage(receiver: string, content?: string): Message {
  const message = {
    performative: 'inform',
    sender: 'user',
    receiver,
    message_id: 'm-1',
    conversation_id: 'm-1',
  } as const
  return content === undefined ? message : { ...message, content }
}

test('a counter answers how many messages it has handled', async () => {
  await using pool = createPool()
  const { sandbox, handle } = await deploy(pool, COUNTER)
  assert.equal((await sandbox.start()).status, 0)
  assert.deepEqual([(await handle()).status, (await handle()).status], [1, 2])
})
