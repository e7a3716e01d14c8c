import type { Agent, RestartLimit } from './agent/index.ts'
import { Supervisor } from './agent/index.ts'
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
