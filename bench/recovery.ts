import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SYSTEM_CLOCK } from '../src/core/index.ts'
import { Caxton } from '../src/index.ts'
import { Store } from '../src/store/index.ts'
import { assembleLink } from './ring.ts'

const PENDING = 100_000
const AGENTS = 100

/** How long a system took to begin again, from its start. */
export interface Recovery {
  readonly agents: number
  readonly pending: number
  readonly openedMs: number
  readonly deployedMs: number
  readonly handledMs: number
}

/** Begins again with a hundred agents that had a thousand messages each when the system ended. */
export async function recover(): Promise<Recovery> {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
  const dataDirectory = join(directory, 'data')
  const agents = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`)
  try {
    await leaveMessages(dataDirectory, agents)
    const start = performance.now()
    await using caxton = await Caxton.start({ threads: 1, dataDirectory })
    const openedMs = performance.now() - start
    const bytes = assembleLink(1, 0)
    for (const name of agents) {
      await caxton.deploy({ name, bytes, config: { next: 'nobody' }, limits: { mailbox: 2_000 } })
    }
    const deployedMs = performance.now() - start
    await caxton.idle()
    await caxton.data.flush()
    const pending = caxton.agents().reduce((sum, agent) => sum + agent.handled, 0)
    return { agents: AGENTS, pending, openedMs, deployedMs, handledMs: performance.now() - start }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function leaveMessages(directory: string, agents: readonly string[]): Promise<void> {
  const store = await Store.open({ clock: SYSTEM_CLOCK }, { directory })
  for (let index = 0; index < PENDING; index += 1) {
    const receiver = agents[index % agents.length]!
    const id = `m-bench-${index}`
    const message = { performative: 'inform', sender: 'user', receiver, message_id: id, conversation_id: id } as const
    store.accept({
      sequence: store.nextSequence(),
      receiver,
      attempts: 0,
      acceptedMs: Date.now(),
      message: { ...message, content: JSON.stringify('x'.repeat(100)) },
    })
  }
  await store.close()
}
