import type { Answer, Ask, Grants } from '../../capability/index.ts'
import { narrowGrants, STATUS, spawnedName } from '../../capability/index.ts'
import { CaxtonError, isName } from '../../core/index.ts'
import { answerJson, failAsk, NO_BYTES, parseObject } from '../answers.ts'

/*
 * Agents that agents start. Runs on the main thread.
 *
 * 1. Who is started holds no grant that its starter does not hold, and runs behind no thinner wall.
 * 2. The agents below one that has the grant are counted together, however deep: a starter's room is that of all above it.
 * 3. An agent ends with the one that started it, also one that is still being made or waits to be started anew.
 * 4. One that has failed and is started anew is counted all the while.
 */

/** An agent of a template, as it is started. */
export interface SpawnRequest {
  readonly template: string
  readonly name: string
  readonly starter: string
  /** Not wider than those of the starter. */
  readonly grants: Grants
  /** Over that of the template. */
  readonly config: Readonly<Record<string, string>>
}

export interface SpawnServiceParts {
  /** The grants of an agent that runs; null if there is none of that name. */
  grantsOf(agent: string): Grants | null
  /** The grants of a template; null if there is none of that name. */
  templateGrants(template: string): Grants | null
  /** Starts it. @throws CaxtonError what is wrong with it */
  deploy(request: SpawnRequest): Promise<void>
  stop(agent: string): Promise<void>
}

interface Spawned {
  readonly name: string
  readonly starter: string
  /** The one that started it has ended. */
  isOrphan: boolean
}

const FIELDS: ReadonlySet<string> = new Set(['template', 'name', 'config'])
const CONFIG_KEYS = 64

export class SpawnService {
  readonly #parts: SpawnServiceParts
  readonly #spawned = new Map<string, Spawned>()
  readonly #counts = new Map<string, number>()

  constructor(parts: SpawnServiceParts) {
    this.#parts = parts
  }

  /** Answers `spawn_agent`: the name as JSON text, once it runs. Never rejects. */
  async spawn(starter: string, { text }: Ask): Promise<Answer> {
    const wanted = parseRequest(text)
    if (wanted === null) return { status: STATUS.INVALID, bytes: NO_BYTES }
    try {
      const request = this.#allow(starter, wanted)
      const spawned: Spawned = { name: request.name, starter, isOrphan: false }
      this.#spawned.set(request.name, spawned)
      try {
        await this.#parts.deploy(request)
      } catch (error) {
        if (this.#spawned.get(request.name) === spawned) this.#spawned.delete(request.name)
        throw error
      }
      // Its starter may have ended while it was built, and may be back.
      if (spawned.isOrphan) await this.#parts.stop(request.name)
      return answerJson({ name: request.name })
    } catch (error) {
      return failAsk(error).answer
    }
  }

  /** Answers `stop_agent`. Never rejects. */
  async stop(starter: string, { text: name }: Ask): Promise<Answer> {
    if (this.#spawned.get(name)?.starter !== starter) return { status: STATUS.NOT_FOUND, bytes: NO_BYTES }
    await this.#parts.stop(name)
    return { status: STATUS.OK, bytes: NO_BYTES }
  }

  /** Stops what an agent has started, and gives back its own room unless it is started anew. */
  endAgent(agent: string, isStartedAnew: boolean): void {
    if (!isStartedAnew) this.#spawned.delete(agent)
    this.#counts.delete(agent)
    for (const spawned of [...this.#spawned.values()]) {
      if (spawned.starter !== agent) continue
      spawned.isOrphan = true
      void this.#parts.stop(spawned.name)
    }
  }

  /** Agents that are below one, however deep. */
  countBelow(agent: string): number {
    let count = 0
    for (const { name } of this.#spawned.values()) if (this.#isBelow(name, agent)) count += 1
    return count
  }

  #isBelow(name: string, agent: string): boolean {
    for (let at = this.#spawned.get(name); at !== undefined; at = this.#spawned.get(at.starter)) {
      if (at.starter === agent) return true
    }
    return false
  }

  #allow(starter: string, wanted: Wanted): SpawnRequest {
    const own = this.#parts.grantsOf(starter)
    const { template, config } = wanted
    const data = { agent: starter, template }
    const grants = this.#parts.templateGrants(template)
    if (own?.spawn?.templates.includes(template) !== true || grants === null) {
      throw new CaxtonError('ERR_SPAWN_REFUSED', { detail: `template '${template}'`, data })
    }
    for (let at: string | undefined = starter; at !== undefined; at = this.#spawned.get(at)?.starter) {
      const limit = this.#parts.grantsOf(at)?.spawn?.agents ?? 0
      if (this.countBelow(at) >= limit) {
        throw new CaxtonError('ERR_LIMIT_SPAWNED', { detail: `by '${at}'`, data: { ...data, limit } })
      }
    }
    // It may always answer to whoever started it.
    const narrowed = narrowGrants(grants, { ...own, send: [...own.send, starter] })
    if (typeof narrowed === 'string') {
      const detail = `template '${template}' has a grant '${narrowed}' that is wider than that of '${starter}'`
      throw new CaxtonError('ERR_SPAWN_REFUSED', { detail, data: { ...data, grant: narrowed } })
    }
    const name = spawnedName(starter, wanted.name ?? this.#nextName(starter, template))
    if (!isName(name)) throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `the name '${name}'`, data })
    if (this.#spawned.has(name) || this.#parts.grantsOf(name) !== null) {
      throw new CaxtonError('ERR_AGENT_NAME_TAKEN', { detail: `'${name}'`, data })
    }
    const reachable = narrowed.send.includes('*') ? narrowed.send : [...new Set([...narrowed.send, starter])]
    return { template, name, starter, grants: { ...narrowed, send: reachable }, config }
  }

  #nextName(starter: string, template: string): string {
    const count = (this.#counts.get(starter) ?? 0) + 1
    this.#counts.set(starter, count)
    return `${template}-${count}`
  }
}

interface Wanted {
  readonly template: string
  readonly name: string | null
  readonly config: Readonly<Record<string, string>>
}

function parseRequest(text: string): Wanted | null {
  const fields = parseObject(text)
  if (fields === null || Object.keys(fields).some((key) => !FIELDS.has(key))) return null
  const { template, name = null, config = {} } = fields
  if (typeof template !== 'string' || !(name === null || typeof name === 'string')) return null
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return null
  const entries = Object.entries(config)
  if (entries.length > CONFIG_KEYS || entries.some(([, value]) => typeof value !== 'string')) return null
  return { template, name, config: config as Record<string, string> }
}
