import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import binaryen from 'binaryen'
import { Caxton } from '../src/index.ts'
import type { Latencies, Load } from './load.ts'
import { timeEach, UNDER_WAY } from './load.ts'

const ACK = join(import.meta.dirname, 'agents/ack.c')
/** Messages whose times are taken, and those before them that only warm up. */
export const PROBES = 300
const WARMUPS = 20
/** How long times are taken beside a ring at most, milliseconds. */
export const BUSY_MS = 2_000
/** Agents that are deployed at once. */
const BATCH = 100
const ENDLESS = 2 ** 30

/** What the messages of a ring took. */
export interface RingRate {
  readonly perSecond: number
  /** Of all threads of the process, for one message. */
  readonly cpuMicros: number
}

export interface RingLatencies {
  /** Nothing else is under way. */
  readonly alone: Latencies
  /** While a ring goes on beside it. */
  readonly busy: Latencies
}

/** Agents that hand what they get on to the next one of a ring, in one thread, with or without a journal. */
export class Ring implements AsyncDisposable {
  readonly #caxton: Caxton
  readonly #load: Load
  readonly #agents: number
  readonly #directory: string

  private constructor(caxton: Caxton, load: Load, agents: number, directory: string) {
    this.#caxton = caxton
    this.#load = load
    this.#agents = agents
    this.#directory = directory
  }

  /** @param messages how many each agent hands on */
  static async start(load: Load, agents: number, isKept: boolean, messages: number): Promise<Ring> {
    const directory = mkdtempSync(join(tmpdir(), 'caxton-bench-'))
    const place = isKept ? { dataDirectory: join(directory, 'data') } : {}
    const caxton = await Caxton.start({ threads: 1, ...place })
    const bytes = assembleLink(load.bytes, messages)
    const grants = { send: ['*'] }
    const limits = { mailbox_bytes: '256MiB', outstanding: 1_000 }
    for (let from = 0; from < agents; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, agents - from) }, (_, index) => from + index)
      await Promise.all(
        batch.map((index) => {
          const config = { next: `agent-${(index + 1) % agents}` }
          return caxton.deploy({ name: `agent-${index}`, bytes, grants, limits, config })
        }),
      )
    }
    return new Ring(caxton, load, agents, directory)
  }

  static async measureRate(load: Load, agents: number, isKept: boolean): Promise<RingRate> {
    await using ring = await Ring.start(load, agents, isKept, Math.ceil(load.messages / agents))
    return await ring.#run(isKept)
  }

  /** Times of messages of the user, from when one is accepted to when it is handled, and kept, and the user knows. */
  static async measureLatencies(load: Load, agents: number, isKept: boolean): Promise<RingLatencies> {
    await using ring = await Ring.start(load, agents, isKept, ENDLESS)
    const alone = await ring.#time('first', Number.POSITIVE_INFINITY)
    ring.#begin()
    // Another one: whoever has worked for long while nobody else wanted to waits for its share.
    return { alone, busy: await ring.#time('second', BUSY_MS) }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#caxton.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #begin(): void {
    const content = 'x'.repeat(this.#load.bytes)
    for (let index = 0; index < UNDER_WAY; index += 1) {
      this.#caxton.send({ performative: 'inform', receiver: `agent-${index % this.#agents}`, content })
    }
  }

  async #time(receiver: string, withinMs: number): Promise<Latencies> {
    await this.#caxton.deploy({ name: receiver, source: ACK, limits: { mailbox_bytes: '256MiB' } })
    const content = 'x'.repeat(this.#load.bytes)
    const ask = () => this.#caxton.request({ performative: 'request', receiver, content }, { deadlineMs: 60_000 })
    await timeEach(WARMUPS, ask, withinMs)
    return timeEach(PROBES, ask, withinMs)
  }

  async #run(isKept: boolean): Promise<RingRate> {
    const start = performance.now()
    const startCpu = process.cpuUsage()
    this.#begin()
    await this.#caxton.idle()
    if (isKept) await this.#caxton.data.flush()
    const ms = performance.now() - start
    const { user, system } = process.cpuUsage(startCpu)
    const handled = this.#caxton.agents().reduce((sum, agent) => sum + agent.handled, 0)
    return { perSecond: (handled * 1_000) / ms, cpuMicros: (user + system) / handled }
  }
}

const HEAD = '{"performative":"inform","receiver":"'
const MIDDLE = '","content":"'
const TEXT_AT = 1_024

/** An agent that hands on so many messages of that size to the agent that its configuration names as `next`, then no more. */
export function assembleLink(bytes: number, messages: number): Uint8Array {
  const quote = (text: string) => text.replaceAll('"', '\\22')
  const nameAt = TEXT_AT + HEAD.length
  const module = binaryen.parseText(`(module
    (import "caxton" "send_message" (func $send (param i32 i32) (result i32)))
    (import "caxton" "get_config" (func $config (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 8)
    (global $left (mut i32) (i32.const ${messages})) (global $length (mut i32) (i32.const 0))
    (data (i32.const 0) "next") (data (i32.const 64) "${quote(MIDDLE)}") (data (i32.const ${TEXT_AT}) "${quote(HEAD)}")
    (func (export "agent_init") (result i32) (local $at i32)
      (local.set $at (call $config (i32.const 0) (i32.const 4) (i32.const ${nameAt}) (i32.const 256)))
      (if (i32.lt_s (local.get $at) (i32.const 0)) (then (return (i32.const 1))))
      (local.set $at (i32.add (local.get $at) (i32.const ${nameAt})))
      (memory.copy (local.get $at) (i32.const 64) (i32.const ${MIDDLE.length}))
      (local.set $at (i32.add (local.get $at) (i32.const ${MIDDLE.length})))
      (memory.fill (local.get $at) (i32.const 120) (i32.const ${bytes}))
      (local.set $at (i32.add (local.get $at) (i32.const ${bytes})))
      (i32.store16 (local.get $at) (i32.const 0x7d22))
      (global.set $length (i32.sub (local.get $at) (i32.const ${TEXT_AT - 2}))) (i32.const 0))
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 262144))
    (func (export "handle_message") (param i32 i32) (result i32)
      (if (i32.le_s (global.get $left) (i32.const 0)) (then (return (i32.const 0))))
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (call $send (i32.const ${TEXT_AT}) (global.get $length))))`)
  module.setFeatures(binaryen.Features.BulkMemory | binaryen.Features.MutableGlobals | binaryen.Features.BulkMemoryOpt)
  const binary = module.emitBinary()
  module.dispose()
  return binary
}
