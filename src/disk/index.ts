/** What can be made again, kept in a directory that stays within a bound. */

export type { DiskCacheOptions } from './disk-cache.ts'
export { DiskCache } from './disk-cache.ts'
