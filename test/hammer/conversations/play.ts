import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkDirectory } from '../../../src/store/index.ts'
import { VirtualTime } from '../../fakes/virtual-time.ts'
import { SteeredWriter } from '../../fakes/writer.ts'
import { audit } from './audit.ts'
import { Ledger } from './ledger.ts'
import { Life, turns } from './life.ts'
import type { Command, Script } from './script.ts'

/** Rounds after which a system that should come to rest is given up. */
const MAX_ROUNDS = 250
/** Further than every deadline and timer. */
const LONG_MS = 40_000

/** Plays a script on a system of its own, lets it come to rest, and returns what went wrong. */
export async function play(script: Script): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-play-'))
  try {
    return await new Play(script, directory).run()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

class Play {
  readonly #script: Script
  readonly #directory: string
  readonly #time = new VirtualTime()
  readonly #writer = new SteeredWriter(this.#time)
  readonly #ledger = new Ledger()
  #isKilled = false
  #killed = Promise.withResolvers<void>()

  constructor(script: Script, directory: string) {
    this.#script = script
    this.#directory = directory
  }

  async run(): Promise<string[]> {
    let life = await this.#begin()
    for (const command of this.#script.commands) {
      life = await this.#do(command, life)
      if (this.#isKilled) life = await this.#restart(life)
    }
    life = await this.#comeToRest(life)
    const wrong = await audit(life, this.#ledger, this.#script)
    await life.close()
    const { pending } = checkDirectory(this.#directory)
    return pending === 0 ? wrong : [...wrong, `${pending} messages are pending at the end`]
  }

  async #begin(): Promise<Life> {
    this.#isKilled = false
    this.#killed = Promise.withResolvers()
    return Life.begin(
      {
        directory: this.#directory,
        time: this.#time,
        writer: this.#writer,
        ledger: this.#ledger,
        kill: () => {
          this.#isKilled = true
          this.#writer.crash()
          this.#killed.resolve()
        },
      },
      this.#script,
    )
  }

  async #restart(life: Life): Promise<Life> {
    // What is gone may wait for something for ever.
    await Promise.race([life.die(), turns(20)])
    this.#ledger.restarts += 1
    return this.#begin()
  }

  async #do(command: Command, life: Life): Promise<Life> {
    switch (command.type) {
      case 'send':
        life.send(this.#ledger.plan(command.plan))
        break
      case 'turns':
        await turns(command.count)
        break
      case 'pass':
        life.pass(command.ms)
        break
      case 'revive':
        await life.revive()
        break
      case 'stop':
        await life.world.router.agent(command.agent)?.stop()
        break
      case 'stall':
        this.#writer.stall(command.isStalled)
        break
      case 'fill':
        this.#writer.limitPages(command.pages)
        break
      case 'crash':
        return this.#restart(life)
      case 'reopen':
        await Promise.race([life.close(), this.#killed.promise])
        if (this.#isKilled) return life
        this.#ledger.restarts += 1
        return this.#begin()
    }
    return life
  }

  async #comeToRest(begun: Life): Promise<Life> {
    let life = begun
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      this.#writer.stall(false)
      this.#writer.limitPages(null)
      life.pass(round % 2 === 0 ? 600 : LONG_MS)
      await turns(12)
      if (!this.#isKilled) await life.revive()
      if (!this.#isKilled) await turns(6)
      if (this.#isKilled) life = await this.#restart(life)
      else if (life.world.router.isIdle && round > 3) break
    }
    await life.world.store.flush()
    await turns(2)
    return life
  }
}
