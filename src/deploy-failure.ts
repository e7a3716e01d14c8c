import { CaxtonError } from './core/index.ts'
import type { AgentOptions } from './system/index.ts'

/** An agent that cannot be deployed, and why. */
export interface DeployFailure {
  readonly options: AgentOptions
  readonly error: CaxtonError
}

/** Makes one error of several, each with the agent and the file it is about. */
export function joinErrors(failures: readonly DeployFailure[]): CaxtonError {
  const [{ options, error: first }] = failures as readonly [DeployFailure]
  if (failures.length === 1) {
    const detail = `${describeAgent(options)}: ${first.detail ?? first.message}`
    return new CaxtonError(first.code, { detail, data: { ...first.data, ...agentFacts(options) }, cause: first })
  }
  const problems = failures.map(({ options, error }) => `${describeAgent(options)}: ${error.code}: ${error.message}`)
  const detail = `${failures.length} agents cannot be deployed\n${problems.join('\n')}`
  return new CaxtonError(first.code, { detail, data: { problems }, cause: first })
}

function describeAgent({ name, program }: AgentOptions): string {
  return program.kind === 'bytes' ? `agent '${name}'` : `agent '${name}' (${program.path})`
}

function agentFacts({ name, program }: AgentOptions): { readonly agent: string; readonly file?: string } {
  return program.kind === 'bytes' ? { agent: name } : { agent: name, file: program.path }
}
