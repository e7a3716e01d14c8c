/**
 * Fuel that a guest gets at a time, about a millisecond: the longest that others in its thread wait for it, and what keeps
 * the cost of taking turns (some 10 µs) near one in a hundred.
 */
export const DEFAULT_SLICE_FUEL = 2_000_000

/** Slices that an agent which was idle can run before those that were not. */
export const HEAD_START_SLICES = 2
