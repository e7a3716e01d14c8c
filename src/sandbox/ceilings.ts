import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import type { ModuleInfo } from '../compile/index.ts'
import { CaxtonError, FILE_LIMITS, HOST_LIMITS } from '../core/index.ts'

/*
 * What one process can hold, counted before anything is made. Owned by the main thread; each process of guests has its own.
 *
 * 1. Beyond a ceiling V8 aborts the process, and nothing can catch that: what might be taken later is counted from the beginning,
 *    a stack for each agent that can be suspended.
 * 2. V8 keeps the stacks that were used for later ones and never gives their maps back: a thread counts the most that its
 *    agents could ever have at once, until it is gone.
 */

export interface CeilingLimits {
  readonly agents: number
  readonly memories: number
  /** Memory maps of agents: 2 for each memory, 3 for each stack. */
  readonly maps: number
  /** The same with the heaps of threads: 3 for each MiB. */
  readonly processMaps: number
  /** Linear memory of all agents as it is now, with what a new one begins with, bytes. */
  readonly memoryBytes: number
  /** Descriptors of the system for files of agents, as many as each of them may hold and its thread lets it. */
  readonly descriptors: number
  /** What the instances of one thread take of its heap before they have run, as a share of the heap. */
  readonly heapShare: number
}

/** What an agent takes. */
export interface Need {
  readonly memories: number
  /** Stacks of its own: 1 for an agent that can be suspended. */
  readonly stacks: number
  readonly memoryBytes: number
  /** Files that it may have in memory, bytes: all of them count from the beginning, since nobody looks how many there are. */
  readonly fileBytes: number
  /** Descriptors of the system that it may hold. */
  readonly descriptors: number
  /** Of the heap of its thread, bytes. */
  readonly heapBytes: number
}

interface ThreadUse {
  readonly heapMiB: number
  stacks: number
  mostStacks: number
  descriptors: number
  heapBytes: number
}

const MAPS = { memory: 2, stack: 3, heapMiB: 3 } as const
/** Maps of a process of Node with its libraries, and of what is compiled. */
const MAPS_OF_NODE = 2_000
/** What Linux allows a process, where it does not say so itself. */
const DEFAULT_MAX_MAPS = 65_530
/** What POSIX systems allow a process at least, about, where they do not say so. */
const DEFAULT_MAX_DESCRIPTORS = 1_024

export function defaultCeilings(): CeilingLimits {
  return {
    agents: HOST_LIMITS.agents,
    memories: HOST_LIMITS.memories,
    maps: HOST_LIMITS.maps,
    processMaps: readMaxMaps() - MAPS_OF_NODE,
    memoryBytes: Math.floor((totalBytes() * HOST_LIMITS.memoryPercent) / 100),
    descriptors: Math.min(HOST_LIMITS.descriptors, Math.floor(readMaxDescriptors() / 2)),
    heapShare: HOST_LIMITS.heapPercent / 100,
  }
}

/** Counts what agents take of one process and refuses what does not fit. */
export class Ceilings<Thread extends object = object> {
  readonly #limits: CeilingLimits
  readonly #threads = new Map<Thread, ThreadUse>()
  #agents = 0
  #memories = 0
  #memoryBytes = 0

  constructor(limits: Partial<CeilingLimits> = {}) {
    this.#limits = { ...defaultCeilings(), ...limits }
  }

  /** Maps that memories and stacks may take by now. */
  get maps(): number {
    let maps = this.#memories * MAPS.memory
    for (const { mostStacks } of this.#threads.values()) maps += mostStacks * MAPS.stack
    return maps
  }

  /** Whether no agent takes anything. */
  get isEmpty(): boolean {
    return this.#agents === 0
  }

  /**
   * Tells that an agent fits into a thread, before anything is made for it; null for a thread that is still to be started.
   *
   * @throws CaxtonError ERR_LIMIT_AGENTS with `data.ceiling`, `limit`, `asked`, `agent`
   */
  check(agent: string, need: Need, thread: Thread | null, heapMiB: number): void {
    const limits = this.#limits
    const refuse = (ceiling: keyof CeilingLimits, asked: number, limit: number) => {
      if (asked > limit) throw exceeded(agent, ceiling, asked, limit)
    }
    const use = thread === null ? null : (this.#threads.get(thread) ?? null)
    const newStacks = Math.max(0, (use?.stacks ?? 0) + need.stacks - (use?.mostStacks ?? 0))
    const maps = this.maps + need.memories * MAPS.memory + newStacks * MAPS.stack
    let allHeapsMiB = use === null ? heapMiB : 0
    for (const other of this.#threads.values()) allHeapsMiB += other.heapMiB
    refuse('agents', this.#agents + 1, limits.agents)
    refuse('memories', this.#memories + need.memories, limits.memories)
    refuse('maps', maps, limits.maps)
    refuse('processMaps', maps + allHeapsMiB * MAPS.heapMiB, limits.processMaps)
    refuse('memoryBytes', this.#memoryBytes + need.memoryBytes + need.fileBytes, limits.memoryBytes)
    refuse('descriptors', this.#countDescriptors(use, need.descriptors), limits.descriptors)
    refuse('heapShare', (use?.heapBytes ?? 0) + need.heapBytes, Math.floor(heapMiB * 2 ** 20 * limits.heapShare))
  }

  addThread(thread: Thread, heapMiB: number): void {
    this.#threads.set(thread, { heapMiB, stacks: 0, mostStacks: 0, descriptors: 0, heapBytes: 0 })
  }

  /** The thread is gone, with everything that was in it. */
  removeThread(thread: Thread): void {
    this.#threads.delete(thread)
  }

  /** Makes the place of one agent, which it takes with `enter`. */
  createSeat(need: Need): Seat<Thread> {
    return new Seat(this, need)
  }

  /** An agent comes (1) or goes (-1). */
  count({ memories, stacks, descriptors, heapBytes }: Need, thread: Thread, sign: 1 | -1): void {
    this.#agents += sign
    this.#memories += sign * memories
    const use = this.#threads.get(thread)
    if (use === undefined) return
    use.stacks += sign * stacks
    use.mostStacks = Math.max(use.mostStacks, use.stacks)
    use.descriptors += sign * descriptors
    use.heapBytes += sign * heapBytes
  }

  /** Descriptors that may be held once so many more are in a thread; null for one that is still to be started. */
  #countDescriptors(into: ThreadUse | null, more: number): number {
    let count = into === null ? holdable(more) : 0
    for (const use of this.#threads.values()) count += holdable(use.descriptors + (use === into ? more : 0))
    return count
  }

  /** Linear memory of an agent has become so much more. */
  grow(bytes: number): void {
    this.#memoryBytes += bytes
  }
}

/** What one agent takes, in one thread at a time. */
export class Seat<Thread extends object = object> {
  readonly #ceilings: Ceilings<Thread>
  readonly #need: Need
  #memoryBytes = 0

  constructor(ceilings: Ceilings<Thread>, need: Need) {
    this.#ceilings = ceilings
    this.#need = need
  }

  enter(thread: Thread): void {
    this.#hold(this.#need.memoryBytes + this.#need.fileBytes)
    this.#ceilings.count(this.#need, thread, 1)
  }

  leave(thread: Thread): void {
    this.#hold(0)
    this.#ceilings.count(this.#need, thread, -1)
  }

  /** It has so much linear memory by now. */
  noteMemory(bytes: number): void {
    this.#hold(Math.max(this.#memoryBytes, bytes + this.#need.fileBytes))
  }

  #hold(bytes: number): void {
    this.#ceilings.grow(bytes - this.#memoryBytes)
    this.#memoryBytes = bytes
  }
}

const PAGE_BYTES = 65_536
/** What V8 keeps for an instance, bytes, measured: for itself, and for each function, export, global, table entry and tag. */
const HEAP_BYTES = {
  instance: 12_288,
  function: 24,
  export: 256,
  global: 64,
  element: 8,
  tag: 64,
  segment: 16,
} as const

const NO_FILES = { fileBytes: 0, descriptors: 0 }

/** Works out what an agent takes of its process. */
export function needOf(
  info: ModuleInfo,
  tableElements: number,
  canSuspend: boolean,
  files: Pick<Need, 'fileBytes' | 'descriptors'> = NO_FILES,
): Need {
  const { functions, exports, globals, tags, tables, data, elements, memories } = info
  const entries = tables.reduce((sum, { limits }) => sum + Math.min(limits.maximum ?? tableElements, tableElements), 0)
  return {
    memories: memories.length,
    stacks: canSuspend ? 1 : 0,
    memoryBytes: memories.reduce((sum, { limits }) => sum + limits.initial * PAGE_BYTES, 0),
    ...files,
    heapBytes:
      HEAP_BYTES.instance +
      HEAP_BYTES.function * functions.length +
      HEAP_BYTES.export * exports.length +
      HEAP_BYTES.global * globals.length +
      HEAP_BYTES.tag * tags.length +
      HEAP_BYTES.segment * (data.length + elements.length) +
      HEAP_BYTES.element * Math.min(entries, tableElements),
  }
}

const WORDS: Readonly<Record<keyof CeilingLimits, string>> = {
  agents: 'agents',
  memories: 'memories',
  maps: 'memory maps',
  processMaps: 'memory maps, those of the heaps of threads included,',
  memoryBytes: 'bytes of linear memory and files in memory',
  descriptors: 'descriptors for files of the host',
  heapShare: 'bytes of the heap of a thread, for its instances alone',
}

function exceeded(agent: string, ceiling: keyof CeilingLimits, asked: number, limit: number): CaxtonError {
  const detail = `agent '${agent}' would make it ${asked} ${WORDS[ceiling]} of ${limit} that this process may have`
  return new CaxtonError('ERR_LIMIT_AGENTS', { detail, data: { agent, ceiling, limit, asked } })
}

/** What a thread lets its agents hold of what they may. */
function holdable(descriptors: number): number {
  return Math.min(descriptors, FILE_LIMITS.hostDescriptorsPerThread)
}

function readMaxDescriptors(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return soft === undefined ? DEFAULT_MAX_DESCRIPTORS : Number(soft)
  } catch {
    return DEFAULT_MAX_DESCRIPTORS
  }
}

function readMaxMaps(): number {
  try {
    const maps = Number(readFileSync('/proc/sys/vm/max_map_count', 'latin1'))
    return Number.isSafeInteger(maps) && maps > 0 ? maps : DEFAULT_MAX_MAPS
  } catch {
    return DEFAULT_MAX_MAPS
  }
}

/** Memory of the machine, or of the container where that has less. */
function totalBytes(): number {
  const constrained = process.constrainedMemory()
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem()
}
