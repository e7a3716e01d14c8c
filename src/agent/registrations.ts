import { mayLookUp } from '../capability/index.ts'
import type { ErrorData, Message } from '../core/index.ts'
import type { Agent } from './agent.ts'
import type { AgentEvents } from './agent-parts.ts'
import { takesMessages } from './state.ts'

/** Registers a capability of an agent if that is granted. Returns why not, null if it is or the agent has ended. */
export function register(
  agent: Agent,
  capability: string,
  cause: Message | null,
  events: Pick<AgentEvents, 'onRegister'>,
): ErrorData | null {
  if (!takesMessages(agent.state.phase)) return null
  if (agent.grants.register.includes(capability)) return events.onRegister(agent, capability, cause)
  const data = { agent: agent.name, capability }
  return { code: 'ERR_GRANT_MISSING', detail: `register = ["${capability}"]`, data }
}

/** Tells whether an agent may find out who offers a capability. */
export function maySee({ grants }: Pick<Agent, 'grants'>, capability: string): boolean {
  return mayLookUp(grants.directory, capability)
}
