import { CaxtonError } from '../core/index.ts'

/** Longest time a timer of the host can wait, milliseconds (about 24 days). */
const MAX_DEADLINE_MS = 2 ** 31 - 1

/** Returns a number of milliseconds that a timer can wait. @throws CaxtonError ERR_CONFIG_INVALID */
export function checkDeadlineMs(deadlineMs: number): number {
  if (deadlineMs >= 0 && deadlineMs <= MAX_DEADLINE_MS) return deadlineMs
  throw new CaxtonError('ERR_CONFIG_INVALID', {
    detail: `a deadline is from 0 to ${MAX_DEADLINE_MS} ms, found ${deadlineMs}`,
    data: { asked: String(deadlineMs), limit: MAX_DEADLINE_MS },
  })
}

/**
 * Calls back once after so many milliseconds, unless it is cancelled before; null never does.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID
 */
export function createDeadline(deadlineMs: number | null, onLate: () => void): { cancel(): void } {
  const timer = deadlineMs === null ? undefined : setTimeout(onLate, checkDeadlineMs(deadlineMs))
  return { cancel: () => clearTimeout(timer) }
}
