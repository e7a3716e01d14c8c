import { raceFiles } from './file-races.ts'

const USAGE = `usage: node test/hammer/main.ts <suite> [count]

  files  a guest goes through directories and files that a second process swaps for links (100000 attempts)`

const SUITES: Readonly<Record<string, (count: number | undefined) => Promise<number>>> = { files: hammerFiles }

/** Prints what became of the attempts; the exit code: 1 if anything escaped. */
async function hammerFiles(count = 100_000): Promise<number> {
  const { attempts, escapes, answers, controls, astray } = await raceFiles(count)
  for (const [answer, times] of [...answers].sort()) console.log(answer.padEnd(40), String(times).padStart(7))
  for (const what of escapes) console.log(`ESCAPED: ${what}`)
  console.log(`control: of ${controls} files that are checked by name and then opened by name, ${astray} lay outside`)
  console.log(`${attempts} attempts, ${escapes.length} escapes`)
  return escapes.length === 0 ? 0 : 1
}

const [suite = '', count] = process.argv.slice(2)
const run = Object.hasOwn(SUITES, suite) ? SUITES[suite] : undefined
if (run === undefined || (count !== undefined && !/^\d{1,9}$/.test(count))) {
  console.error(USAGE)
  process.exitCode = 2
} else process.exitCode = await run(count === undefined ? undefined : Number(count))
