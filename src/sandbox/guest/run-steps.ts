import type { GuestStep, GuestSteps } from '../doors/door.ts'

/** Makes the steps of a call on the stack of the caller, one after the other. Throws what the session throws. */
export function runSteps(steps: GuestSteps, call: (step: GuestStep) => number | bigint | undefined): number {
  let next = steps.next()
  while (next.done !== true) {
    let answer: number | bigint | undefined
    try {
      answer = call(next.value)
    } catch (thrown) {
      next = steps.throw(thrown)
      continue
    }
    next = steps.next(answer)
  }
  return next.value
}
