import type { InstructionCursor } from '../wasm/index.ts'
import { rowByName } from '../wasm/index.ts'
import { ACTION } from './actions.ts'

const BR_IF = rowByName('br_if')
/** Type of a block that takes and gives nothing. */
const NO_TYPE = 0x40
/** A longer body gains nothing from being counted, bytes. */
const LONGEST_BODY = 1_024

/**
 * Watches whether a loop is straight-line code that ends with a branch to its head: of all instructions that are more than
 * plain, the analysis shows it each one, and there may be two, the branch and the end right behind it.
 */
export class LoopWatch {
  /** Event of the loop in its plan; −1 while none is watched. */
  event = -1
  block = 0
  /** Where the body begins, and its branch. */
  body = 0
  branch = -1
  /** The loop that was watched has come to its end. */
  complete = false
  #behindBranch = -1

  stop(): void {
    this.event = -1
    this.complete = false
  }

  begin({ bytes, start, offset }: InstructionCursor, event: number, block: number): void {
    this.complete = false
    this.event = bytes[start + 1] === NO_TYPE ? event : -1
    this.block = block
    this.body = offset
    this.branch = -1
  }

  see(action: number, { row, first, start, offset }: InstructionCursor): void {
    if (action === ACTION.branchIf && row === BR_IF && first === 0 && this.branch < 0) {
      this.branch = start
      this.#behindBranch = offset
      return
    }
    this.complete = action === ACTION.end && start === this.#behindBranch && start - this.body <= LONGEST_BODY
    if (!this.complete) this.event = -1
  }
}
