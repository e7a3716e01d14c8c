/**
 * How V8 compiles the modules of an agent. `start`: at once, to code that is slow at first; what runs often is compiled again
 * in the background, but a call that has begun stays in the slow code to its end. `speed`: optimised when a function is
 * called first.
 */
export const COMPILE_MODES = ['start', 'speed'] as const

export type CompileMode = (typeof COMPILE_MODES)[number]

export const DEFAULT_COMPILE: CompileMode = 'start'

/**
 * Flags of V8 for a process that compiles for speed. They hold for the whole process and only from its start: set later, they
 * can abort it.
 */
export const SPEED_FLAGS: readonly string[] = Object.freeze(['--no-liftoff'])
