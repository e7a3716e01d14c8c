import type { Scheduling } from '../core/index.ts'
import { DEFAULT_SCHEDULING, MAX_WEIGHT, PRIORITIES } from '../core/index.ts'
import { field, Mismatch, word } from './field.ts'
import { mismatch } from './problems.ts'

/** What an agent has written of how it shares its thread. */
export interface WrittenScheduling {
  readonly weight?: Scheduling['weight'] | undefined
  readonly priority?: Scheduling['priority'] | undefined
}

/** The keys `weight` and `priority` of an agent. */
export const schedulingFields = {
  weight: field((value) => {
    if (Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= MAX_WEIGHT) return Number(value)
    return new Mismatch(mismatch(value, `a whole number from 1 to ${MAX_WEIGHT}`))
  }).optional(),
  priority: word(PRIORITIES).optional(),
}

/** Fills in what is not written. */
export function completeScheduling({ weight, priority }: WrittenScheduling): Scheduling {
  return {
    weight: weight ?? DEFAULT_SCHEDULING.weight,
    priority: priority ?? DEFAULT_SCHEDULING.priority,
  }
}
