import { setFlagsFromString } from 'node:v8'
import type { ModuleInfo } from '../compile/index.ts'

/*
 * Agents whose modules keep objects on the heap of V8 between two messages. The heap of a thread cannot be shared out: V8 does not tell
 * whose an object is, so each such agent has a thread of its own, and its heap is the agent's.
 */

/**
 * What one slice of fuel can allocate at most, and more: an object costs a unit a byte, and V8 takes up to 24 bytes for a field that
 * counts as one.
 */
export const HEAP_SLACK_BYTES = 64 * 2 ** 20

/** Heap of the thread of such an agent, MiB: what it may keep, what may be garbage, what a slice allocates beyond. */
export function heapMiBOf(limitBytes: number): number {
  return Math.ceil((limitBytes + 2 * HEAP_SLACK_BYTES) / 2 ** 20) + 16
}

const REFERENCE = /ref\b/

/**
 * Tells whether instances of a module can keep objects: structures, arrays, or exceptions with references, which can hold each other.
 * References to functions, and exceptions of numbers alone in tables, are bounded by the sizes of the module and of its tables.
 */
export function keepsObjects(info: Pick<ModuleInfo, 'types' | 'tags'>): boolean {
  const { types, tags } = info
  if (types.some(({ type }) => type.kind === 'struct' || type.kind === 'array')) return true
  return tags.some(({ typeIndex }) => {
    const type = types[typeIndex]?.type
    return type?.kind === 'func' && (type.params.length > 8 || type.params.some((param) => REFERENCE.test(param)))
  })
}

/** Lets threads that are started from now on collect garbage when they want to know what is kept. Main thread; no harm in doing it twice. */
export function exposeCollector(): void {
  setFlagsFromString('--expose-gc')
}
