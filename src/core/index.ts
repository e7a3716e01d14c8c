/** Words everyone uses: errors, limits, units, ids, clock, ACL messages. */
export * from './clock.ts'
export * from './errors.ts'
export * from './ids.ts'
export * from './limits.ts'
export * from './units.ts'
