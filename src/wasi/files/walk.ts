import { FILE_LIMITS, WASI_LIMITS } from '../../core/index.ts'
import type { Directory } from './node.ts'
import type { FileProblem } from './problem.ts'
import { isProblem } from './problem.ts'

/*
 * How a path becomes a directory and a name in it.
 *
 * 1. A path is walked one component at a time, each opened in the directory that is open already. No path of more than one
 *    component reaches a file system, so nothing that is moved or replaced meanwhile changes where the walk is.
 * 2. `..` goes back to the directory that the walk came from: it never asks a file system for a parent. Above the start there
 *    is nothing.
 * 3. Symbolic links are read and walked like this, too; an absolute one leads nowhere.
 */

/** Where a path leads: a name in a directory, or with an empty name the directory itself. Valid while `act` runs. */
export interface Place {
  readonly directory: Directory
  readonly name: string
  /** Whether the path ends with a slash: what is no directory does not have that name. */
  readonly isDirectoryWanted: boolean
}

/** What is done at the end of a path answers this for a symbolic link that it would rather see followed. */
export const FOLLOW = Symbol('follow')

/** Fuel for each character of a path or link: half of them may begin a component. */
const CHARACTER_FUEL = 10

const textEncoder = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Walks a path and does something at its end.
 *
 * @param charge takes fuel for components, whatever they lead to
 * @param follow whether a symbolic link at the end is followed; before a slash it always is
 * @param act is called again for each link that it wants followed
 * @returns what `act` answers, LOOP for a link that it wants followed and that is not; or why the path leads nowhere:
 * NOTCAPABLE out of the start, NOENT, NOTDIR, LOOP, NAMETOOLONG, INVAL for a zero
 */
export function atPath<Answer>(
  start: Directory,
  path: string,
  follow: boolean,
  charge: (fuel: number) => void,
  act: (place: Place) => Answer | typeof FOLLOW,
): Answer | FileProblem {
  const walk = new Walk(start, charge)
  try {
    let problem = walk.go(path)
    while (problem === null) {
      const { place } = walk
      const answer = act(place)
      if (answer !== FOLLOW) return answer
      problem = follow || place.isDirectoryWanted ? walk.followLast() : 'LOOP'
    }
    return problem
  } finally {
    walk.close()
  }
}

/** Returns UTF-8 as text, ILSEQ if it is none. */
export function decodePath(bytes: Uint8Array): { readonly path: string } | FileProblem {
  try {
    return { path: strictUtf8.decode(bytes) }
  } catch {
    return 'ILSEQ'
  }
}

class Walk {
  readonly #start: Directory
  readonly #charge: (fuel: number) => void
  /** Directories that were opened on the way, the last one innermost. */
  readonly #opened: Directory[] = []
  /** Components to go, the next one last. */
  readonly #ahead: string[] = []
  #name = ''
  #isDirectoryWanted = false
  #linkCount = 0

  constructor(start: Directory, charge: (fuel: number) => void) {
    this.#start = start
    this.#charge = charge
  }

  get place(): Place {
    return { directory: this.#current, name: this.#name, isDirectoryWanted: this.#isDirectoryWanted }
  }

  go(path: string): FileProblem | null {
    const problem = this.#read(path)
    if (problem !== null) return problem
    while (this.#ahead.length > 0) {
      const problem = this.#step(this.#ahead.pop()!)
      if (problem !== null) return problem
    }
    return null
  }

  followLast(): FileProblem | null {
    const target = this.#readLink(this.#name)
    if (isProblem(target)) return target === 'INVAL' ? 'LOOP' : target
    const wasDirectoryWanted = this.#isDirectoryWanted
    const problem = this.go(target.path)
    this.#isDirectoryWanted ||= wasDirectoryWanted
    return problem
  }

  close(): void {
    while (this.#opened.length > 0) this.#opened.pop()!.close()
  }

  get #current(): Directory {
    return this.#opened.at(-1) ?? this.#start
  }

  /** Puts the components of a path in front of what is ahead. */
  #read(path: string): FileProblem | null {
    if (path === '') return 'NOENT'
    if (path.startsWith('/')) return 'NOTCAPABLE'
    if (path.includes('\0')) return 'INVAL'
    if (path.length * 3 > WASI_LIMITS.pathBytes && textEncoder.encode(path).length > WASI_LIMITS.pathBytes) {
      return 'NAMETOOLONG'
    }
    this.#charge(path.length * CHARACTER_FUEL)
    const isLast = this.#ahead.length === 0
    const components = path.split('/').filter((component) => component !== '')
    for (let index = components.length - 1; index >= 0; index -= 1) this.#ahead.push(components[index]!)
    if (isLast) this.#isDirectoryWanted = path.endsWith('/')
    return null
  }

  #step(component: string): FileProblem | null {
    if (component === '.' || component === '..') {
      this.#name = ''
      if (component === '.') return null
      const last = this.#opened.pop()
      last?.close()
      return last === undefined ? 'NOTCAPABLE' : null
    }
    if (component.length * 3 > FILE_LIMITS.nameBytes && textEncoder.encode(component).length > FILE_LIMITS.nameBytes) {
      return 'NAMETOOLONG'
    }
    this.#name = component
    return this.#ahead.length === 0 ? null : this.#enter(component)
  }

  #enter(name: string): FileProblem | null {
    const found = this.#current.enter(name)
    if (found === 'LOOP') {
      const target = this.#readLink(name)
      return isProblem(target) ? target : this.#read(target.path)
    }
    if (isProblem(found)) return found
    this.#opened.push(found)
    return this.#opened.length > FILE_LIMITS.depth ? 'NAMETOOLONG' : null
  }

  #readLink(name: string): { readonly path: string } | FileProblem {
    this.#linkCount += 1
    if (this.#linkCount > FILE_LIMITS.links) return 'LOOP'
    const target = this.#current.readLink(name)
    return isProblem(target) ? target : decodePath(target)
  }
}
