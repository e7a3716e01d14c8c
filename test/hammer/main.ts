import { parseArgs } from 'node:util'
import { hammerConversations } from './conversations/hammer.ts'
import { raceFiles } from './file-races.ts'
import { hammerKills } from './kill.ts'

const USAGE = `usage: node test/hammer/main.ts <suite> [count]

  files  a guest goes through directories and files that a second process swaps for links (100000 attempts)
  conversations  random conversations, failures and restarts are played on one thread (1000 runs; --runs N, --seed N --path P)
  kill   a system under load is killed at random instants and started again (200 rounds; --rounds N, --seed N)`

const SUITES: Readonly<Record<string, (count: number | undefined) => Promise<number>>> = {
  conversations: hammerScripts,
  files: hammerFiles,
  kill: hammerKill,
}

/** Prints what became of the attempts; the exit code: 1 if anything escaped. */
async function hammerFiles(count = 100_000): Promise<number> {
  const { attempts, escapes, answers, controls, astray } = await raceFiles(count)
  for (const [answer, times] of [...answers].sort()) console.log(answer.padEnd(40), String(times).padStart(7))
  for (const what of escapes) console.log(`ESCAPED: ${what}`)
  console.log(`control: of ${controls} files that are checked by name and then opened by name, ${astray} lay outside`)
  console.log(`${attempts} attempts, ${escapes.length} escapes`)
  return escapes.length === 0 ? 0 : 1
}

/** Prints what a failure was shrunk to; the exit code: 1 if there was one. */
async function hammerScripts(count = 1_000): Promise<number> {
  const runs = values.runs === undefined ? count : Number(values.runs)
  const seed = Number(values.seed ?? Date.now() % 1e9)
  console.log(`${runs} runs, seed ${seed}`)
  const found = await hammerConversations({ runs, seed, ...(values.path === undefined ? {} : { path: values.path }) })
  console.log(found ?? 'nothing is lost, doubled, out of order, stuck or beyond its budgets')
  return found === null ? 0 : 1
}

/** Prints what an outside ledger says; the exit code: 1 if anything was lost or doubled. */
async function hammerKill(count = 200): Promise<number> {
  const rounds = values.rounds === undefined ? count : Number(values.rounds)
  const seed = Number(values.seed ?? Date.now() % 1e9)
  console.log(`${rounds} rounds, seed ${seed}`)
  const onRound = (round: number, accepted: number) => {
    if (round % 10 === 0) console.log(`round ${round}: ${accepted} accepted`)
  }
  const { kills, accepted, lost, doubled, odd, timersFired } = await hammerKills({ rounds, seed, onRound })
  for (const what of [...lost.slice(0, 20).map((token) => `LOST: ${token}`), ...odd.slice(0, 20)]) console.log(what)
  console.log(
    `killed ${kills} times: ${accepted} accepted, ${lost.length} lost, ${doubled} doubled, ${timersFired} timers fired`,
  )
  return lost.length === 0 && doubled === 0 && odd.length === 0 ? 0 : 1
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, runs: { type: 'string' }, seed: { type: 'string' }, path: { type: 'string' } },
})
const [suite = '', count] = positionals
const run = Object.hasOwn(SUITES, suite) ? SUITES[suite] : undefined
const numbers = [count, values.rounds, values.runs, values.seed].filter((text) => text !== undefined)
if (run === undefined || numbers.some((text) => !/^\d{1,9}$/.test(text))) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = await run(count === undefined ? undefined : Number(count))
