/**
 * Fuel that a guest gets at a time, about a millisecond: the longest that others in its thread wait for it, and what keeps
 * the cost of taking turns (some 10 µs) near one in a hundred.
 */
export const DEFAULT_SLICE_FUEL = 2_000_000

/** Slices that an agent which was idle can run before those that were not. */
export const HEAD_START_SLICES = 2

/** Turns are taken without a look at the main thread for this long, milliseconds. */
export const TURNS_MS = 1

/** An instance is made within this time or the wall time of a call, whichever is longer: nothing of the guest runs yet. */
export const CREATE_MS = 5_000

/** What a call, or a host call that waits, costs its thread beside what its guest does, in fuel. */
export const CALL_FUEL = 10_000
