import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'
import { benchDensity } from './density.ts'
import { benchFairness } from './fairness.ts'
import { benchFiles } from './files.ts'
import { benchInstrumenting } from './instrumenting.ts'
import { benchJournal } from './journal.ts'
import type { Report } from './measure.ts'
import { formatReport } from './measure.ts'
import { benchMessages } from './messages.ts'
import { benchMetering } from './metering.ts'
import { benchNative } from './native.ts'
import { benchPeers } from './peers.ts'
import { benchPrices } from './prices.ts'
import { benchPrograms } from './programs.ts'
import { benchProtocol } from './protocol.ts'
import { benchServices } from './services.ts'
import { benchStart } from './start.ts'
import { benchStdio } from './stdio.ts'
import { benchTopics } from './topics.ts'

const BENCHES: Readonly<Record<string, () => Promise<Report | null>>> = {
  metering: benchMetering,
  prices: benchPrices,
  native: benchNative,
  instrumenting: benchInstrumenting,
  start: benchStart,
  density: benchDensity,
  messages: benchMessages,
  topics: benchTopics,
  protocol: benchProtocol,
  journal: benchJournal,
  fairness: benchFairness,
  peers: benchPeers,
  files: benchFiles,
  services: benchServices,
  stdio: benchStdio,
  programs: benchPrograms,
}

/** `npm run bench [-- name …]`: measures, prints, and writes BENCHMARKS.md when everything was measured. */
const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(', ')}; there are ${Object.keys(BENCHES).join(', ')}`)
  process.exit(64)
}

const reports: string[] = []
for (const [name, bench] of Object.entries(BENCHES)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  const measured = await bench()
  const report =
    measured === null
      ? `## ${name}\n\nNot measured: what it compares with is not on this machine.\n`
      : formatReport(measured)
  reports.push(report)
  console.log(report)
}

if (chosen.length === 0) {
  const machine = `${availableParallelism()} processors (${cpus()[0]?.model.trim()}), ${process.platform} ${process.arch}`
  const head = [
    '# Benchmarks',
    '',
    'Written by `npm run bench`. Figures are ratios against a baseline in the same run; times are what one noisy machine took and',
    'only say what order of magnitude to expect. Losses are printed like gains.',
    '',
    `Node ${process.versions.node}, V8 ${process.versions.v8}, ${machine}, ${new Date().toISOString().slice(0, 10)}.`,
    '',
  ]
  writeFileSync(join(import.meta.dirname, 'BENCHMARKS.md'), `${[...head, ...reports].join('\n').trimEnd()}\n`)
}
