import type { Frame } from '../protocol.ts'
import { DRIVER_NAME } from './driver.ts'

/** Frames that are looked at. */
const FRAMES = 16
/** A guest that calls a function of its own so hides it from whoever reads about that guest. */
const DRIVER_FRAME = `at ${DRIVER_NAME} (`
const WASM_FRAME = /wasm-function\[(\d{1,7})\]:0x([0-9a-f]{1,8})\)?$/

/**
 * Reads the frames of guest code in the stack of an error, innermost first.
 *
 * Function names in a stack are the guest's: one that looks like a frame can only mislead whoever reads about that guest.
 */
export function readFrames({ stack }: { readonly stack?: unknown }): Frame[] {
  if (typeof stack !== 'string') return []
  const frames: Frame[] = []
  for (const line of stack.split('\n')) {
    const match = line.includes(DRIVER_FRAME) ? null : WASM_FRAME.exec(line)
    if (match !== null) frames.push({ functionIndex: Number(match[1]), offset: Number.parseInt(match[2]!, 16) })
    if (frames.length === FRAMES) break
  }
  return frames
}
