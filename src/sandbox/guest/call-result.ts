import type { Effects } from '../kept/kept.ts'
import type { Ending } from '../protocol.ts'
import type { Usage } from '../sandbox.ts'

/** How one call ended. After an ending the guest must not be called again. */
export interface CallResult {
  readonly status: number
  readonly ending: Ending | null
  readonly usage: Usage
  readonly effects: Effects | null
}
