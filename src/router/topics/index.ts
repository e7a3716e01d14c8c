/** Topics: who subscribes to which, what is published to them, and what is retained of that. */
export { RETAINED_AREA, type RetainedValue } from './retained-values.ts'
export { type SubscriptionChanges, Topics } from './topics.ts'
