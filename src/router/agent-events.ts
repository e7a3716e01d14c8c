import type { Agent, AgentEvents } from '../agent/index.ts'
import { isFinal } from '../agent/index.ts'
import type { Clock } from '../core/index.ts'
import type { Conversations } from './conversations.ts'
import type { Delivery } from './delivery.ts'
import type { Directory, Watches } from './directory/index.ts'
import type { DurableMail } from './durable-mail.ts'
import type { EventHub } from './event.ts'
import type { Rest } from './rest.ts'

export interface AgentEventsParts {
  readonly agents: ReadonlyMap<string, Agent>
  readonly clock: Clock
  readonly conversations: Conversations
  readonly delivery: Delivery
  readonly directory: Directory
  readonly watches: Watches
  readonly hub: EventHub
  readonly mail: DurableMail
  readonly rest: Rest
  /** Whether agents stop because the system ends, and go on with the next one. */
  isEnding(): boolean
}

/** What the router does about that which its agents do. */
export function createAgentEvents(parts: AgentEventsParts): AgentEvents {
  const { agents, clock, conversations, delivery, directory, hub, mail, rest } = parts
  return {
    onState: (agent, from, to) => {
      const reason = to.phase === 'failed' ? to.reason.toData() : null
      hub.emit({ type: 'state', agent: agent.name, from: from.phase, to: to.phase, reason })
      if (to.phase === 'running' || to.phase === 'failed') mail.expect(agent.name, false)
      followPhase(agent, parts)
      if (isFinal(to.phase)) {
        delivery.forgetMailbox(agent)
        loseAgent(agent.name, parts)
      }
      delivery.fanOut.endCall(agent.name)
      if (from.phase === 'loaded') rest.end()
      if (to.phase === 'failed') delivery.notices.retry()
      if (to.phase === 'running') delivery.parked.deliver(agent)
      // Whether it will be started anew is decided at once upon its end.
      if (isFinal(to.phase)) queueMicrotask(() => delivery.parked.giveUp(agent))
    },
    onSend: (agent, message, reserved, cause) => delivery.routeOf(agent, message, reserved, cause),
    onDropped: (agent, message, reserved) => delivery.dropOf(agent, message, reserved),
    onLocal: (agent, message, cause) => delivery.noteLocal(agent, message, cause),
    onLocalLost: (_agent, message, cause) => delivery.giveUpLocal(message, cause),
    onLog: (agent, { level, text }) => {
      if (hub.isHeard) hub.emit({ type: 'log', agent: agent.name, level, text })
    },
    onRegister: (agent, capability, cause) => {
      const code = agents.get(agent.name) === agent ? directory.register(agent.name, capability, cause) : null
      return code === null ? null : { code, data: { agent: agent.name, capability } }
    },
    capabilitiesOf: ({ name }) => directory.offersOf(name).map(({ capability }) => capability),
    onSubscribe: (agent, changes, cause) => delivery.topics.change(agent.name, changes, cause),
    onRefuse: (agent, error) => hub.emit({ type: 'refused', agent: agent.name, error }),
    onRestart: (agent, cause) => {
      hub.emit({ type: 'restarted', agent: agent.name, error: cause.toData() })
      delivery.notices.retry()
    },
    onWarning: (agent, warning) => hub.emit({ type: 'warning', agent: agent.name, ...warning }),
    onThrottle: (agent, hold) => {
      if (!hub.isHeard) return
      hub.emit({ type: 'throttled', agent: agent.name, ...hold, untilMs: clock.nowMs() + hold.waitMs })
    },
    onTimers: (_agent, arePending) => {
      if (arePending) rest.begin()
      else rest.end()
    },
    onFired: (agent, timer, { status, error, usage }) => {
      if (hub.isHeard)
        hub.emit({ type: 'fired', agent: agent.name, timer, status, error: error?.toData() ?? null, usage })
      delivery.fanOut.endCall(agent.name)
    },
    onAdmit: (_agent, message) => conversations.admits(message),
    onHandled: (agent, message, outcome) => {
      const { status, error, usage } = outcome
      if (hub.isHeard) {
        hub.emit({ type: 'handled', agent: agent.name, message, status, error: error?.toData() ?? null, usage })
      }
      delivery.settleHandled(agent, message, outcome)
      delivery.fanOut.endCall(agent.name)
    },
    onUndelivered: (agent, message, reason) => delivery.settleUndelivered(agent, message, reason),
  }
}

/**
 * What an agent offers is seen while it runs; what one that is stopped has offered and subscribed to is gone, unless everything stops.
 */
function followPhase(agent: Agent, { delivery, directory, watches, isEnding }: AgentEventsParts): void {
  const { name, state, grants } = agent
  if (state.phase === 'running') {
    directory.enter(name, (capability) => grants.register.includes(capability))
    watches.enter(name)
  } else {
    const how = state.phase === 'stopped' && !isEnding() ? 'remove' : 'leave'
    watches[how](name)
    directory[how](name)
    if (how === 'remove') delivery.topics.forget(name)
  }
}

/** Tells those who wait for an agent that it has ended, once its messages have been given back. */
function loseAgent(name: string, { isEnding, rest, mail, conversations }: AgentEventsParts): void {
  if (isEnding()) return
  rest.begin()
  queueMicrotask(() => {
    if (!mail.isExpected(name)) conversations.lose(name)
    rest.end()
  })
}
