import type { Tally } from './run-script.ts'
import { emptyTally } from './run-script.ts'

const HEADINGS = [
  'commands',
  'same',
  'as specified',
  'different',
  'refused by policy',
  'not runnable in V8',
  'text only',
  'not assembled',
]
/** Differences of one file that are printed; all of them are counted. */
const MOST_SHOWN = 10

/** Prints a table of files and what became of their commands; returns the exit code: 1 on any difference. */
export function printReport(tallies: ReadonlyMap<string, Tally>): number {
  const width = Math.max(8, ...[...tallies.keys()].map((name) => name.length))
  const row = (name: string, cells: readonly (string | number)[]): string =>
    [name.padEnd(width), ...cells.map((cell, index) => String(cell).padStart(HEADINGS[index]?.length ?? 0))].join('  ')
  console.log(row('file', HEADINGS))
  const total = emptyTally()
  for (const [name, tally] of tallies) {
    console.log(row(name, cells(tally)))
    for (const { line, plain, metered } of tally.differences.slice(0, MOST_SHOWN)) {
      console.log(`  ${name}:${line}: plain ${plain}, rewritten ${metered}`)
    }
    add(total, tally)
  }
  console.log(row(`${tallies.size} files`, cells(total)))
  for (const [code, times] of total.refusals) console.log(`refused with ${code}: ${times} times`)
  if (total.commands === 0) console.log('no commands found')
  return total.differences.length > 0 || total.commands === 0 ? 1 : 0
}

function cells(tally: Tally): number[] {
  const { commands, same, met, differences, refused, notRunnable, textOnly, notAssembled } = tally
  return [commands, same, met, differences.length, refused, notRunnable, textOnly, notAssembled]
}

function add(total: Tally, tally: Tally): void {
  total.commands += tally.commands
  total.same += tally.same
  total.met += tally.met
  total.refused += tally.refused
  total.notRunnable += tally.notRunnable
  total.textOnly += tally.textOnly
  total.notAssembled += tally.notAssembled
  total.differences.push(...tally.differences)
  for (const [code, times] of tally.refusals) total.refusals.set(code, (total.refusals.get(code) ?? 0) + times)
}
