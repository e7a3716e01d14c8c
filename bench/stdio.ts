import { join } from 'node:path'
import { NO_GRANTS } from '../src/capability/index.ts'
import { ModuleCache } from '../src/compile/index.ts'
import type { Message } from '../src/core/index.ts'
import { DEFAULT_LIMITS } from '../src/core/index.ts'
import { buildSource } from '../src/languages/index.ts'
import type { Sandbox } from '../src/sandbox/index.ts'
import { SandboxPool } from '../src/sandbox/index.ts'
import type { Report } from './measure.ts'
import { measure } from './measure.ts'

const AGENTS = join(import.meta.dirname, 'agents')
const MESSAGES = 2_000
const ROUNDS = 15

/** Measures what a message costs that a command reads as a line and answers with a line, against an agent of the caxton ABI. */
export async function benchStdio(): Promise<Report> {
  await using pool = new SandboxPool({ run: 'bench' }, { threads: 1 })
  const abi = await open(pool, 'abi', 'pong.c')
  const command = await open(pool, 'command', 'stdio-echo.c', 'c-command')
  const [base, lines] = await measure(
    [
      { name: 'agent of the caxton ABI', run: () => sendAll(abi) },
      { name: 'command, a line in and a line out', run: () => sendAll(command) },
    ],
    ROUNDS,
  )
  return {
    title: 'Messages as lines',
    about:
      `An echo in C, ${MESSAGES.toLocaleString('en')} messages handed over at once, median of ${ROUNDS}: from the main thread to the agent, its ` +
      'answer and its outcome back. Baseline: the same with the SDK. Not in it: routing. Bound: 10 µs for a message of a command.',
    columns: ['agent', 'ratio', 'one message'],
    rows: [base!, lines!].map(({ name, medianMs }) => [
      name,
      (medianMs / base!.medianMs).toFixed(2),
      `${((medianMs / MESSAGES) * 1_000).toFixed(1)} µs`,
    ]),
  }
}

async function open(pool: SandboxPool, name: string, file: string, language?: string): Promise<Sandbox> {
  const guest = await buildSource(join(AGENTS, file), language === undefined ? {} : { language })
  const limits = { ...DEFAULT_LIMITS, fuel: 1_000_000, outstandingMessages: 1_000_000 }
  const compiled = await new ModuleCache().compile(guest.bytes, limits)
  const { door, script } = guest
  const sandbox = await pool.create(
    { name, compiled, door, script, grants: { ...NO_GRANTS, send: ['*'] }, limits, config: {} },
    { onSend: () => {}, onLog: () => {}, onRegister: () => {}, onRefuse: () => {} },
  )
  await sandbox.start()
  return sandbox
}

async function sendAll(sandbox: Sandbox): Promise<void> {
  const message: Message = {
    performative: 'request',
    sender: 'sink',
    receiver: 'echo',
    message_id: 'm-1',
    conversation_id: 'c-1',
    content: '1',
  }
  const handled: Promise<unknown>[] = []
  for (let count = 0; count < MESSAGES; count += 1) handled.push(sandbox.handle(message))
  await Promise.all(handled)
}
