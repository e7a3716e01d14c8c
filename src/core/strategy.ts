/**
 * Whom a message to a capability goes to, of the agents that offer it and never its sender.
 *
 * `round-robin`: one after the other, whoever has no room is passed over. `any`: the one that has offered it for longest and has
 * room; the others stand by. `least-loaded`: the one with the fewest messages that wait or are handled; among equals it is the turn
 * that counts. `sticky`: messages of one conversation go to one agent, as long as it offers the capability; where it has no room they
 * are refused. `all`: a copy to each.
 */
export const STRATEGIES = ['round-robin', 'any', 'least-loaded', 'sticky', 'all'] as const
export type Strategy = (typeof STRATEGIES)[number]

export const DEFAULT_STRATEGY: Strategy = 'round-robin'

/** What a message to whoever offers a capability has before the name of that as its receiver. */
export const CAPABILITY_PREFIX = 'capability:'

/** Returns the name behind `capability:`, null if an address is not of that form. */
export function capabilityOf(address: string): string | null {
  return address.startsWith(CAPABILITY_PREFIX) ? address.slice(CAPABILITY_PREFIX.length) : null
}
