import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import binaryen from 'binaryen'
import type { AgentInfo, CaxtonEvent } from '../../src/index.ts'
import { Caxton, isCaxtonError } from '../../src/index.ts'
import type { Attack } from './attack-file.ts'

/** What became of one attack. No problems: the sandbox held. */
export interface Report {
  readonly attack: Attack
  /** Code of an error, `harmless`, or the status that the guest answered. */
  readonly outcome: string
  readonly when: Attack['when']
  readonly detail: string
  readonly fuel: number
  readonly wallMs: number
  readonly problems: readonly string[]
}

type RouterEvent = Exclude<CaxtonEvent, { type: 'dropped' }>
type Handled = RouterEvent & { readonly type: 'handled' | 'undelivered' }

const NEIGHBOUR = 'neighbour'
/** Looks at the load of the process, and how long each is. An attack that ended leaves nothing running. */
const LOOKS = 100
const LOOK_MS = 40
/** Agents that have not come to rest by then talk for ever. */
const PATIENCE_MS = 20_000
/** Share of one processor below which the process counts as idle. */
const IDLE_SHARE = 0.3

/** A runtime with one worker thread, in which an innocent agent with a state of its own lives next to every attack. */
export class Arena implements AsyncDisposable {
  readonly #caxton: Caxton
  /** What became of messages while they were sent: whoever has ended takes none. */
  readonly #early = new Map<string, Handled>()
  readonly #waiting = new Map<string, (event: Handled) => void>()
  readonly #stop: () => void
  #count = 0
  #attacks = 0
  #answer = ''
  #restarts = 0

  private constructor(caxton: Caxton) {
    this.#caxton = caxton
    this.#stop = caxton.subscribe((event) => this.#note(event))
  }

  static async open(): Promise<Arena> {
    const arena = new Arena(await Caxton.start({ threads: 1, people: { ann: {} } }))
    const module = binaryen.parseText(readFileSync(new URL('./neighbour.wat', import.meta.url), 'utf8'))
    await arena.#caxton.deploy({ name: NEIGHBOUR, bytes: module.emitBinary(), grants: { send: ['user'] } })
    module.dispose()
    return arena
  }

  /** Runs one attack to its end, then looks at everything it might have harmed. */
  async run(attack: Attack): Promise<Report> {
    this.#attacks += 1
    const name = `attacker-${this.#attacks}`
    const restarts = this.#restarts
    const bytes = attack.assemble()
    const { outcome, when, detail } = await this.#attack(name, bytes, attack)
    const problems: string[] = []
    if (outcome !== attack.expect || when !== attack.when) problems.push(`expected ${attack.expect} at ${attack.when}`)
    problems.push(...(await this.#findHarm(attack.mayLoseThread && this.#restarts > restarts)))
    if (this.#restarts > restarts && !attack.mayLoseThread) problems.push('the thread was lost')
    const info = this.#find(name)
    if (outcome === 'harmless' && info?.phase !== 'running') problems.push(`the guest is ${info?.phase}`)
    return {
      attack,
      outcome,
      when,
      detail,
      fuel: info?.fuel ?? 0,
      wallMs: info?.wallMsMax ?? 0,
      problems,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop()
    await this.#caxton.close()
  }

  async #attack(name: string, bytes: Uint8Array, attack: Attack) {
    const end = (outcome: string, when: Attack['when'], detail = '') => ({ outcome, when, detail })
    try {
      await this.#caxton.deploy({ name, bytes, ...attack.options })
    } catch (error) {
      if (!isCaxtonError(error)) return end(`not a CaxtonError: ${String(error)}`, 'deploy')
      return end(error.code, 'deploy', error.detail)
    }
    for (let left = attack.messages; ; left -= 1) {
      const event = await this.#ask(name)
      if (event.error !== null) return end(event.error.code, 'message', event.error.detail)
      if (event.type === 'handled' && event.status !== 0) {
        return end('ERR_GUEST_STATUS', 'message', `it answered ${event.status}`)
      }
      if (left === 1) return end('harmless', 'message')
    }
  }

  /** Looks for harm: the neighbour has lost its count, the host does not answer, something still runs. */
  async #findHarm(isRestarted: boolean): Promise<string[]> {
    const problems: string[] = []
    this.#count = isRestarted ? 1 : this.#count + 1
    const event = await this.#ask(NEIGHBOUR)
    const counted = Number(this.#answer)
    if (event.type !== 'handled' || event.status !== 0) problems.push('the neighbour does not answer')
    else if (counted !== this.#count) problems.push(`the neighbour counts ${counted}, not ${this.#count}`)
    const isIdle = await Promise.race([this.#caxton.idle().then(() => true), sleep(PATIENCE_MS, false, { ref: false })])
    if (!isIdle) problems.push('the agents never come to rest')
    const busy = this.#caxton.agents().filter(({ waitingMessages }) => waitingMessages > 0)
    if (busy.length > 0) problems.push(`${busy.map(({ name }) => name).join(', ')} has messages waiting`)
    if (!(await comesToRest())) problems.push('the processor is not idle')
    return problems
  }

  #ask(receiver: string): Promise<Handled> {
    const { promise, resolve } = Promise.withResolvers<Handled>()
    this.#early.clear()
    const id = this.#caxton.send({ performative: 'inform', receiver, content: 'hello' })
    const early = this.#early.get(id)
    if (early !== undefined) return Promise.resolve(early)
    this.#waiting.set(id, resolve)
    return promise
  }

  #note(event: RouterEvent): void {
    if (event.type === 'restarted' && event.agent === NEIGHBOUR) this.#restarts += 1
    if (event.type === 'delivered' && event.agent === 'user' && event.message.sender === NEIGHBOUR) {
      this.#answer = JSON.parse(event.message.content ?? '""') as string
    }
    if (event.type !== 'handled' && event.type !== 'undelivered') return
    const waiting = this.#waiting.get(event.message.message_id)
    if (waiting === undefined) {
      this.#early.set(event.message.message_id, event)
      return
    }
    this.#waiting.delete(event.message.message_id)
    waiting(event)
  }

  #find(name: string): AgentInfo | undefined {
    return this.#caxton.agents().find((info) => info.name === name)
  }
}

/** Waits until the process uses next to nothing of a processor. False if it never does. */
async function comesToRest(): Promise<boolean> {
  for (let look = 0; look < LOOKS; look += 1) {
    const before = process.cpuUsage()
    const startedMs = performance.now()
    await sleep(LOOK_MS)
    const { user, system } = process.cpuUsage(before)
    if ((user + system) / 1_000 < IDLE_SHARE * (performance.now() - startedMs)) return true
  }
  return false
}
