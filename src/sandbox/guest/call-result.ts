import type { Effects } from '../kept/kept.ts'
import type { Ending } from '../protocol.ts'
import type { Usage } from '../sandbox.ts'
import { NO_USAGE } from '../usage.ts'

/** How one call ended. After an ending the guest must not be called again. */
export interface CallResult {
  readonly status: number
  readonly ending: Ending | null
  readonly usage: Usage
  readonly effects: Effects | null
}

/** The result of a call that ended from outside of the guest. */
export function failed(ending: Ending, usage: Usage = NO_USAGE): CallResult {
  return { status: -1, ending, usage, effects: null }
}
