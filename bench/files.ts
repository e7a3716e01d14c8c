import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FileHost } from './files/hosts.ts'
import { buildGuest, createHosts } from './files/hosts.ts'
import type { Report, Sample } from './measure.ts'
import { measure } from './measure.ts'

/** What the guest does, by the number under which it knows it; `units` of it in one call. */
const WORKS = [
  { title: 'write 8 MiB in pieces of 64 KiB', units: 8, unit: 'MiB/s' },
  { title: 'read them', units: 8, unit: 'MiB/s' },
  { title: 'write 1 MiB in pieces of 512 bytes', units: 2_048, unit: 'calls/s' },
  { title: 'read them', units: 2_048, unit: 'calls/s' },
  { title: 'make, write, look at and remove small files', units: 300, unit: 'files/s' },
] as const

const ROUNDS = 11
const BASELINE = 'node:wasi, host'

/** Throughput of files against `node:wasi` and other hosts of WASI from npm. */
export async function benchFiles(): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'caxton-bench-files-'))
  const hosts = await createHosts(await buildGuest(), folder)
  try {
    const rows: string[][] = []
    for (const [work, { title, units, unit }] of WORKS.entries()) {
      const samples = await measure(
        hosts.map((host) => toContender(host, work)),
        ROUNDS,
        2,
      )
      rows.push(...toRows(title, units, unit, samples))
    }
    return {
      title: 'files',
      about: [
        'One C program, built once, against every host in the same rounds; least time of each. caxton is the whole way: the module is',
        'metered, it runs in a worker thread, each work is one message to it, every byte and call is paid for, and quotas hold. On the',
        'host it opens every component of a path by itself, which `node:wasi` and `@tybys/wasm-util` do not: a link leads a guest out of',
        'both. They and the shim in memory run the plain module in the main thread, without limits. Disks are not measured: files stay in',
        'the page cache. The ratio is to `node:wasi`; above 1 is faster.',
      ].join('\n'),
      columns: ['work', 'host', 'rate', 'ratio'],
      rows,
    }
  } finally {
    for (const host of hosts) await host[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true, force: true })
  }
}

function toContender(host: FileHost, work: number) {
  return { name: host.name, run: () => host.run(work) }
}

function toRows(title: string, units: number, unit: string, samples: readonly Sample[]): string[][] {
  const baseline = samples.find(({ name }) => name === BASELINE)!.minMs
  return samples.map(({ name, minMs }) => {
    const rate = (units / minMs) * 1_000
    return [
      title,
      name,
      `${rate.toLocaleString('en', { maximumFractionDigits: 0 })} ${unit}`,
      (baseline / minMs).toFixed(2),
    ]
  })
}
