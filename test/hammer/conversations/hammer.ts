import fc from 'fast-check'
import { play } from './play.ts'
import { script } from './script.ts'

export interface ConversationsOptions {
  readonly runs: number
  readonly seed: number
  /** Which run, as a failure names it: only that one is played. */
  readonly path?: string
}

/** Plays random scripts. Returns what a failure was shrunk to, and how it is repeated; null when there was none. */
export async function hammerConversations({ runs, seed, path }: ConversationsOptions): Promise<string | null> {
  const property = fc.asyncProperty(script, async (one) => {
    const wrong = await play(one)
    if (wrong.length > 0) throw wrong.join('\n')
  })
  const details = await fc.check(property, {
    numRuns: runs,
    seed,
    ...(path === undefined ? {} : { path, endOnFailure: true }),
  })
  if (!details.failed) return null
  const { counterexample, counterexamplePath, errorInstance } = details
  return [
    `seed ${details.seed}, path ${counterexamplePath}`,
    String(errorInstance),
    JSON.stringify(counterexample?.[0], null, 1),
  ].join('\n')
}
