/** Priorities of agents, the first before the others. */
export const PRIORITIES = ['high', 'normal', 'low'] as const

export type Priority = (typeof PRIORITIES)[number]

/** How an agent shares its thread with others. */
export interface Scheduling {
  /** Share of the fuel among agents of one priority that run at the same time, from 1 to MAX_WEIGHT. @default 100 */
  readonly weight: number
  /** What waits behind what; a lower priority still gets one turn in 17. @default normal */
  readonly priority: Priority
}

/** A hundred times the default: one agent can take what a hundred others get, and no more. */
export const MAX_WEIGHT = 10_000

export const DEFAULT_SCHEDULING: Scheduling = Object.freeze({ weight: 100, priority: 'normal' })
