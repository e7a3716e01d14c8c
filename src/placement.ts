import type { SpawnRequest } from './services/index.ts'
import type { AgentOptions } from './system/index.ts'

/** Makes an agent of a template, behind a wall no thinner than that of the one that starts it. */
export function instantiate(
  template: AgentOptions,
  { name, grants, config }: SpawnRequest,
  isolation: AgentOptions['isolation'],
): AgentOptions {
  return {
    ...template,
    name,
    grants,
    config: { ...template.config, ...config },
    isolation: isolation.kind === 'process' ? isolation : template.isolation,
  }
}

/** Names the tenant whose process an agent runs in. An agent that is alone never shares one with a tenant of its name. */
export function tenantOf(agent: string, isolation: AgentOptions['isolation']): string {
  const isAlone = isolation.kind !== 'process' || isolation.tenant === null
  return isAlone ? `agent:${agent}` : `tenant:${isolation.tenant}`
}
