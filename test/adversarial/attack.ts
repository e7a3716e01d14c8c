/* Runs the attacks of a suite, or all of them, and shows what each tried and what it got: `npm run attack -- <suite>`. */
import type { Report } from './arena.ts'
import { Arena } from './arena.ts'
import { readAttack } from './attack-file.ts'
import { listFiles, listSuites } from './suites.ts'

const [asked = 'all'] = process.argv.slice(2)
const suites = asked === 'all' ? listSuites() : [asked]
if (suites.some((suite) => !listSuites().includes(suite))) {
  process.stderr.write(`There is no suite '${asked}'. Suites: all, ${listSuites().join(', ')}\n`)
  process.exit(64)
}

const WIDTHS = [34, 64, 36, 13, 9] as const

function row(cells: readonly string[]): string {
  return cells
    .map((cell, column) => fit(cell, WIDTHS[column] ?? cell.length))
    .join('  ')
    .trimEnd()
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width)
}

function describe({ attack, outcome, when, detail, fuel, wallMs, problems }: Report): string {
  const verdict = problems.length === 0 ? 'held' : `NOT HELD: ${problems.join('; ')} (${fit(detail, 200).trim()})`
  const place = when === 'deploy' ? ' at deploy' : ''
  return row([
    attack.name,
    attack.tries,
    `${outcome}${place}`,
    fuel.toLocaleString('en'),
    `${wallMs.toFixed(1)} ms`,
    verdict,
  ])
}

let broken = 0
let count = 0
for (const suite of suites) {
  await using arena = await Arena.open()
  process.stdout.write(`\n${suite}\n${row(['attack', 'tries', 'got', 'fuel', 'wall', 'verdict'])}\n`)
  for (const file of listFiles(suite)) {
    const report = await arena.run(readAttack(file))
    count += 1
    if (report.problems.length > 0) broken += 1
    process.stdout.write(`${describe(report)}\n`)
  }
}
process.stdout.write(`\n${count} attacks, ${count - broken} held, ${broken} not held\n`)
process.exitCode = broken === 0 ? 0 : 1
