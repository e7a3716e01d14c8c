/** What a shell reports for a command that was interrupted. */
export const INTERRUPTED_EXIT_CODE = 130

/** What `caxton run` reports of a run that waits for people: it goes on with the next one (EX_TEMPFAIL of sysexits.h). */
export const WAITING_EXIT_CODE = 75

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/**
 * Calls `onFirst` at the first SIGINT or SIGTERM, so that what runs can end cleanly; the second ends the process at once.
 *
 * @returns a function that gives the signals back
 */
export function catchSignals(onFirst: () => void): () => void {
  let count = 0
  const listener = () => {
    count += 1
    if (count > 1) process.exit(INTERRUPTED_EXIT_CODE)
    onFirst()
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return () => {
    for (const signal of SIGNALS) process.off(signal, listener)
  }
}
