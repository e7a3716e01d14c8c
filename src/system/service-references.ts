import type { SecretSource } from '../capability/index.ts'
import { secretsOf } from '../capability/index.ts'
import type { AgentOptions } from './agent-options.ts'
import type { Problem } from './problems.ts'
import { show, suggest } from './problems.ts'
import type { ToolServerInput } from './services.ts'
import { secretsOfServer } from './services.ts'
import type { Path } from './toml.ts'

interface Declared {
  readonly agents: readonly Pick<AgentOptions, 'name' | 'grants'>[]
  readonly templates: readonly Pick<AgentOptions, 'name' | 'grants'>[]
  readonly secrets: Readonly<Record<string, SecretSource>>
  readonly tools: Readonly<Record<string, ToolServerInput>>
}

/** Finds secrets, servers of tools and templates that are used and not declared. */
export function findServiceProblems({ agents, templates, secrets, tools }: Declared): Problem[] {
  const templateNames = templates.map(({ name }) => name)
  const secretNames = Object.keys(secrets)
  const missing = (name: string, path: Path): Problem[] => {
    if (secretNames.includes(name)) return []
    return [
      { path, text: `needs the secret ${show(name)}, which is not under [secrets]; ${suggest(name, secretNames)}` },
    ]
  }
  const servers = Object.entries(tools).flatMap(([name, server]) =>
    secretsOfServer(server).flatMap((secret) => missing(secret, ['tools', name])),
  )
  const holders = [
    ...agents.map((agent) => ({ ...agent, group: 'agents' })),
    ...templates.map((agent) => ({ ...agent, group: 'templates' })),
  ]
  const perAgent = holders.flatMap(({ group, name, grants }) => [
    ...(grants.spawn?.templates ?? []).flatMap((template): Problem[] => {
      if (templateNames.includes(template)) return []
      const path = [group, name, 'grants', 'spawn']
      return [
        { path, text: `names ${show(template)}, which is not under [templates]; ${suggest(template, templateNames)}` },
      ]
    }),
    ...grants.http.flatMap((rule, index) =>
      rule.secrets
        .flatMap(({ template }) => secretsOf(template))
        .flatMap((secret) => missing(secret, [group, name, 'grants', 'http', index, 'secrets'])),
    ),
    ...grants.tools.flatMap((entry, index) => {
      const server = entry.slice(0, entry.indexOf('/'))
      if (Object.hasOwn(tools, server)) return []
      const path = [group, name, 'grants', 'tools', index]
      return [{ path, text: `is ${show(entry)}, no server under [tools]; ${suggest(server, Object.keys(tools))}` }]
    }),
  ])
  return [...servers, ...perAgent]
}
