/* Times one kernel in a process of its own, which may be started with other flags of V8, and prints milliseconds as JSON. */
import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { instantiateMetered } from './metering.ts'

const [file = '', rounds = '1', calls = '1'] = process.argv.slice(2)
const bytes = readFileSync(file)
const start = performance.now()
const run = instantiateMetered(bytes)
const readyMs = performance.now() - start
const times: number[] = []
for (let call = 0; call < Number(calls); call += 1) {
  const begin = performance.now()
  run(Number(rounds))
  times.push(performance.now() - begin)
  // V8 compiles in the background meanwhile.
  await setTimeout(2)
}
console.log(JSON.stringify({ readyMs, times }))
