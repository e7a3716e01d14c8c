import type { CaxtonOptions } from './caxton-options.ts'
import type { CompiledModule, ModuleCache } from './compile/index.ts'
import type { Guarantee, Guest, Limits } from './core/index.ts'
import { isCaxtonError } from './core/index.ts'
import { buildSource, findDoor } from './languages/index.ts'
import { tenantOf } from './placement.ts'
import type { SandboxSpec } from './sandbox/index.ts'
import { assertModuleFits } from './sandbox/index.ts'
import type { Services } from './services/index.ts'
import type { AgentOptions, Program } from './system/index.ts'
import { programArgs } from './system/index.ts'
import { loadMounts } from './wasi/index.ts'
import { readModule } from './wasm/index.ts'

/** An agent that is ready to start: built, compiled, and everything it imports is granted. */
export interface PreparedAgent {
  readonly options: AgentOptions
  readonly spec: SandboxSpec
}

export interface PreparationParts {
  readonly modules: ModuleCache
  readonly services: Services
  readonly options: Pick<CaxtonOptions, 'cacheDirectory' | 'onProgress' | 'tracing'>
  /** What is promised of the messages of an agent that says nothing. */
  readonly guarantee: Guarantee
}

/** @throws CaxtonError what `Caxton.deploy` throws before the agent starts */
export async function prepareAgent(agent: AgentOptions, parts: PreparationParts): Promise<PreparedAgent> {
  const { name, limits, grants, config, isolation, compile, scheduling } = agent
  const guest = await readGuest(agent.program, parts.options)
  const compiled = await compileModule(guest.bytes, limits, parts.modules)
  const { script, origin, door = findDoor(compiled.instrumented.info.exports, origin) } = guest
  const spec: SandboxSpec = {
    name,
    compiled,
    door,
    script,
    grants,
    limits,
    config,
    tenant: tenantOf(name, isolation),
    compile,
    scheduling,
    mounts: await loadMounts(grants.files),
    isTraced: parts.options.tracing !== undefined,
    args: programArgs({ door, origin }, agent.args),
    env: grants.env,
    startsAhead: true,
    holdsSends: (agent.delivery ?? parts.guarantee) === 'at-least-once',
  }
  assertModuleFits(spec)
  parts.services.assertServes(grants)
  return { options: agent, spec }
}

/** Of bytes that are not even laid out as a module our own reader says more than V8. */
async function compileModule(bytes: Uint8Array, limits: Limits, modules: ModuleCache): Promise<CompiledModule> {
  try {
    return await modules.compile(bytes, limits)
  } catch (error) {
    if (isCaxtonError(error, 'ERR_WASM_INVALID')) readModule(bytes)
    throw error
  }
}

/** What is given as bytes tells its door when it has been read, which is done once. */
type ReadGuest = Omit<Guest, 'door'> & Partial<Guest>

function readGuest(
  program: Program,
  { cacheDirectory, onProgress }: PreparationParts['options'],
): ReadGuest | Promise<ReadGuest> {
  if (program.kind === 'bytes') return { bytes: program.bytes, script: null, origin: 'bytes' }
  const language = program.kind === 'module' ? 'wasm' : program.language
  return buildSource(program.path, {
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    ...(onProgress === undefined ? {} : { onProgress }),
    ...(language === null ? {} : { language }),
  })
}
