import { setFlagsFromString } from 'node:v8'

/*
 * V8 compiles a function quickly and badly when it is first called, and optimises it behind its back for later calls. A loop
 * that runs is never replaced: a long computation in one call runs in baseline code to its end. Flags decide how V8 compiles,
 * and they are those of the process.
 *
 * 1. The flags are changed while at least one compilation for speed runs, and set back when the last one has ended.
 * 2. What else is compiled meanwhile is compiled for speed, too: it takes longer and is no different otherwise.
 */

const FOR_SPEED = ['--no-liftoff', '--no-wasm-lazy-compilation', '--no-wasm-dynamic-tiering']
const FOR_START = ['--liftoff', '--wasm-lazy-compilation', '--wasm-dynamic-tiering']

/** The event loop does not wait for a compilation by itself. Longer than any compilation takes, milliseconds. */
const ALIVE_MS = 600_000

let running = 0

/**
 * Compiles a module with every function optimised at once, so that its first call runs as fast as any later one.
 *
 * Cost: five to ten times the time of a compilation for start-up, on all processors; the code goes with the module to every
 * thread. Worth it where single calls run for longer than about 10 ms.
 */
export async function compileForSpeed(bytes: Uint8Array): Promise<WebAssembly.Module> {
  const alive = setTimeout(() => {}, ALIVE_MS)
  running += 1
  if (running === 1) for (const flag of FOR_SPEED) setFlagsFromString(flag)
  try {
    return await WebAssembly.compile(bytes)
  } finally {
    running -= 1
    if (running === 0) for (const flag of FOR_START) setFlagsFromString(flag)
    clearTimeout(alive)
  }
}
