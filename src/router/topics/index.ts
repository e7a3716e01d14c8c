/** Topics: who subscribes to which, what is published to them, and what is retained of that. */
export { parseRetainedValue, RETAINED_AREA } from './retained-values.ts'
export { type SubscriptionChanges, Topics } from './topics.ts'
