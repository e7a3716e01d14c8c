import type { Agent, AgentEvents, RestartLimit } from './agent/index.ts'
import { isFinal, Supervisor } from './agent/index.ts'
import type { Clock } from './core/index.ts'
import type { Router } from './router/index.ts'

/** Makes a supervisor whose restarts the router knows of. `create` makes the successor of an agent that has failed. */
export function supervise(
  router: Router,
  clock: Clock,
  limit: RestartLimit,
  create: (failed: Agent) => Agent,
): Supervisor {
  const parts = {
    clock,
    random: Math.random,
    expect: () => router.expect(),
    onRestarting: router.announceRestart.bind(router),
    replace: (failed: Agent) => {
      const agent = create(failed)
      router.add(agent)
      return agent.start()
    },
  }
  return new Supervisor(parts, limit)
}

/** Returns the events of an agent: those that are given, and its end, told after everybody else knows of it. */
export function watchEnd(
  events: AgentEvents,
  supervisor: Supervisor | null,
  onEnd: (name: string, isStartedAnew: boolean) => void,
): AgentEvents {
  const watched = supervisor?.watch(events) ?? events
  return {
    ...watched,
    onState: (agent, from, to) => {
      watched.onState(agent, from, to)
      if (isFinal(to.phase)) onEnd(agent.name, supervisor?.isPending === true)
    },
  }
}
