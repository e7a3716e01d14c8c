/** One thing that is measured against others in the same rounds. */
export interface Contender {
  readonly name: string
  /** Does a fixed amount of work. */
  run(): void | Promise<void>
}

export interface Sample {
  readonly name: string
  /** Least time of all rounds: on a shared machine noise only ever adds. */
  readonly minMs: number
  readonly medianMs: number
  readonly p99Ms: number
}

/**
 * Runs the contenders in turn, round after round, so that a slow phase of the machine meets them all. Each round begins with
 * another one: whoever comes first or behind a slow one has no advantage. The first rounds only warm up.
 */
export async function measure(contenders: readonly Contender[], rounds: number, warmups = 3): Promise<Sample[]> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = -warmups; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + warmups + turn) % contenders.length]!
      const start = performance.now()
      const done = contender.run()
      if (done !== undefined) await done
      if (round >= 0) times.get(contender.name)!.push(performance.now() - start)
    }
  }
  return contenders.map(({ name }) => summarise(name, times.get(name)!))
}

export function summarise(name: string, times: readonly number[]): Sample {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return { name, minMs: sorted[0]!, medianMs: at(0.5), p99Ms: at(0.99) }
}

/** A contender that is closed when it has been measured. */
export interface Path extends Contender, AsyncDisposable {}

export interface PathSample extends Sample {
  /** Units of work in a second, of the median. */
  readonly perSecond: number
  /** Processor time of all threads of the process for one unit, least of all rounds. */
  readonly cpuMicros: number
}

/** Measures paths of which each does `unitsOf` units of work in a run, and closes them. */
export async function measurePaths<One extends Path>(
  paths: readonly One[],
  rounds: number,
  unitsOf: (path: One) => number,
): Promise<PathSample[]> {
  const cpuMicros = paths.map(() => Number.POSITIVE_INFINITY)
  const samples = await measure(
    paths.map((path, index) => ({
      name: path.name,
      run: async () => {
        const before = process.cpuUsage()
        await path.run()
        const { user, system } = process.cpuUsage(before)
        cpuMicros[index] = Math.min(cpuMicros[index]!, (user + system) / unitsOf(path))
      },
    })),
    rounds,
  )
  for (const path of paths) await path[Symbol.asyncDispose]()
  return samples.map((sample, index) => ({
    ...sample,
    perSecond: (unitsOf(paths[index]!) / sample.medianMs) * 1_000,
    cpuMicros: cpuMicros[index]!,
  }))
}

export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)
}

/** A table of a report, with what it measures and what it does not in words above it. */
export interface Report {
  readonly title: string
  readonly about: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export function formatReport({ title, about, columns, rows }: Report): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [`## ${title}`, '', about, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''].join('\n')
}
