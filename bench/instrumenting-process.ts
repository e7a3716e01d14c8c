/* Rewrites one module in a process of its own, so that the peak of memory is its own, and prints what that took as JSON. */
import { readFileSync } from 'node:fs'
import { memoryUsage } from 'node:process'
import { instrumentModule } from '../src/instrument/index.ts'

const [file = ''] = process.argv.slice(2)
const before = memoryUsage.rss()
const bytes = readFileSync(file)
const clock = performance.now()
const cpu = process.threadCpuUsage()
const { bytes: rewritten, offsetMap } = instrumentModule(bytes, { memoryMaxBytes: 2 ** 32, tableMaxElements: 1e6 })
const { user, system } = process.threadCpuUsage(cpu)
const wallMs = performance.now() - clock
const peakBytes = process.resourceUsage().maxRSS * 1_024 - before
const validated = process.cpuUsage()
const valid = WebAssembly.validate(bytes)
const validation = process.cpuUsage(validated)
if (!valid) throw new RangeError(`${file} is not valid`)
console.log(
  JSON.stringify({
    size: bytes.length,
    rewrittenSize: rewritten.length,
    mapSize: offsetMap.byteLength,
    wallMs,
    cpuMs: (user + system) / 1e3,
    validateCpuMs: (validation.user + validation.system) / 1e3,
    peakBytes,
  }),
)
