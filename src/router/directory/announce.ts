import type { EventHub } from '../event.ts'
import type { OfferChange } from './directory.ts'

/** Makes an event of a change of what is offered; an agent that ends says so itself. */
export function announceOffer(hub: Pick<EventHub, 'emit' | 'isHeard'>, { before, after, cause }: OfferChange): void {
  if (!hub.isHeard) return
  if (after !== null) hub.emit({ type: 'registered', ...after })
  else if (before !== null && (cause === 'withdrawn' || cause === 'lapsed')) {
    hub.emit({ type: 'unregistered', agent: before.agent, capability: before.capability, cause })
  }
}
