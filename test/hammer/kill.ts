import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { checkDirectory, StoreReader } from '../../src/index.ts'
import { Random } from '../fuzz/random.ts'
import { assembleRelay, DOUBLED } from './relay.ts'
import { toToken } from './tokens.ts'

/** What an outside ledger knows when all rounds are over. */
export interface KillReport {
  readonly rounds: number
  /** Rounds in which the system was killed while it was at work. */
  readonly kills: number
  readonly accepted: number
  /** Tokens that were accepted and are missing at a relay or at the user. */
  readonly lost: readonly string[]
  /** Tokens that a relay handled again although their effects were kept. */
  readonly doubled: number
  /** Whatever else should not have happened. */
  readonly odd: readonly string[]
  readonly timersFired: number
}

export interface KillOptions {
  readonly rounds: number
  readonly seed: number
  /** Tokens that are sent in one round, at most. */
  readonly tokensPerRound?: number
  /** A system lives for at most so long after it is ready, milliseconds. */
  readonly lifeMs?: number
  readonly onRound?: (round: number, accepted: number) => void
}

const RELAYS = 3
const CHILD = join(import.meta.dirname, 'kill-child.ts')

/** Runs a system under load, kills it at random instants, starts it again, and compares what it did with a ledger outside. */
export async function hammerKills(options: KillOptions): Promise<KillReport> {
  const { rounds, seed, tokensPerRound = 200, lifeMs = 250, onRound } = options
  const random = new Random(seed)
  const directory = mkdtempSync(join(tmpdir(), 'caxton-kill-'))
  const ledger = { accepted: new Set<string>(), out: new Set<string>(), odd: [] as string[] }
  let kills = 0
  let first = 1
  try {
    for (let index = 0; index < RELAYS; index += 1) {
      const next = index === RELAYS - 1 ? 'user' : `relay-${index + 1}`
      writeFileSync(join(directory, `relay-${index}.wasm`), assembleRelay(next))
    }
    await runLife(directory, 1, 0, null, false, ledger)
    for (let round = 1; round <= rounds; round += 1) {
      const isLast = round === rounds
      // The last life is not cut short: what was accepted must come to its end by itself.
      const killMs = isLast ? null : random.next() % (lifeMs + 1)
      // One in eight dies while it starts.
      const fromStart = random.next() % 8 === 0
      const wasKilled = await runLife(directory, first, first + tokensPerRound - 1, killMs, fromStart, ledger)
      if (wasKilled) kills += 1
      while (ledger.accepted.has(toToken(first))) first += 1
      onRound?.(round, ledger.accepted.size)
    }
    return { ...audit(directory, ledger), rounds, kills }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Ledger {
  readonly accepted: Set<string>
  readonly out: Set<string>
  readonly odd: string[]
}

/** One life of the system. Resolves when its process is gone with whether it was killed. */
function runLife(
  directory: string,
  first: number,
  last: number,
  killMs: number | null,
  fromStart: boolean,
  ledger: Ledger,
): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, directory, `${first}`, `${last}`, `${RELAYS}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Written by the first life, which ends by itself: without it most of a life is spent compiling the runtime.
    env: { ...process.env, NODE_COMPILE_CACHE: join(directory, 'compiled') },
  })
  let isDone = false
  let stderr = ''
  let timer: NodeJS.Timeout | undefined
  const arm = () => {
    if (killMs !== null) timer ??= setTimeout(() => child.kill('SIGKILL'), killMs)
  }
  if (fromStart) arm()
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  createInterface(child.stdout).on('line', (line) => {
    const [what, token = ''] = line.split(' ')
    if (what === 'ready') arm()
    else if (what === 'accepted') ledger.accepted.add(token)
    else if (what === 'out') ledger.out.add(token.replaceAll('"', ''))
    else if (what === 'done') isDone = true
    // A line may be cut off by the kill.
    else if (what === 'odd' || what === 'undelivered') ledger.odd.push(line)
  })
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (signal !== 'SIGKILL' && (code !== 0 || !isDone)) ledger.odd.push(`ended with ${code ?? signal}: ${stderr}`)
      resolve(signal === 'SIGKILL')
    })
  })
}

function audit(directory: string, { accepted, out, odd }: Ledger): Omit<KillReport, 'rounds' | 'kills'> {
  const data = join(directory, 'data')
  const report = checkDirectory(data)
  using reader = new StoreReader(data)
  const lost = new Set<string>()
  let doubled = 0
  let timersFired = 0
  for (const token of accepted) if (!out.has(token)) lost.add(`${token} at user`)
  for (let index = 0; index < RELAYS; index += 1) {
    const kept = reader.data(`relay-${index}`)
    for (const token of accepted) if (!kept.has(token)) lost.add(`${token} at relay-${index}`)
    const count = (key: string) => new DataView(kept.get(key)?.slice().buffer ?? new ArrayBuffer(4)).getUint32(0, true)
    doubled += count(DOUBLED)
    timersFired += count('fired')
  }
  const left = [
    ...(report.pending > 0 ? [`${report.pending} messages are pending at the end`] : []),
    ...(report.dead > 0 ? [`${report.dead} dead letters`] : []),
    ...(report.timers > 0 ? [`${report.timers} timers are set at the end`] : []),
  ]
  return { accepted: accepted.size, lost: [...lost], doubled, odd: [...odd, ...left], timersFired }
}
