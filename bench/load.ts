/** Messages of one size, and how many of them a sample has. */
export interface Load {
  readonly label: string
  readonly bytes: number
  readonly messages: number
}

export const LOADS: readonly Load[] = [
  { label: '100 B', bytes: 100, messages: 30_000 },
  { label: '1 KiB', bytes: 1_024, messages: 15_000 },
  { label: '64 KiB', bytes: 65_536, messages: 1_000 },
]
/** Messages that are under way at once. */
export const UNDER_WAY = 256

/** Times of single messages. */
export interface Latencies {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Takes so many times, one after the other, as far as `withinMs` allows. */
export async function timeEach(
  count: number,
  run: () => Promise<unknown>,
  withinMs = Number.POSITIVE_INFINITY,
): Promise<Latencies> {
  const times: number[] = []
  const end = performance.now() + withinMs
  while (times.length < count && performance.now() < end) {
    const start = performance.now()
    await run()
    times.push(performance.now() - start)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
