/** Words everyone uses: errors, limits, units, ids, clock, guests, ACL messages. */
export * from './clock.ts'
export * from './errors.ts'
export * from './guest.ts'
export * from './ids.ts'
export * from './limits.ts'
export * from './message.ts'
export * from './rate-limits.ts'
export * from './units.ts'
