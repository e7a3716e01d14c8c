import type { Content } from './content.ts'
import type { MemoryTree, TreeEntry } from './memory-tree.ts'
import type { DirectoryNode, MemoryVolume } from './memory-volume.ts'

/** Bytes of a file that go in one part. */
const PART_BYTES = 65_536
/** Longest path of a tree, and longest target of a link, characters. */
const PATH_CHARS = 32_768

/** A piece of a tree on its way to another thread or process; `bytes` belong to the file that came last. */
export type TreePart =
  | { readonly type: 'directory' | 'file'; readonly path: string }
  | { readonly type: 'link'; readonly path: string; readonly target: string }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }

/**
 * Copies what a volume holds, part by part: nothing large is ever held here, and each part has memory of its own, because what
 * crosses threads is cloned with all of the memory that it is a view of.
 *
 * Directories come in the order in which they were made, before what they hold.
 */
export function* readParts(volume: MemoryVolume): Generator<TreePart> {
  const ahead: { readonly node: DirectoryNode; readonly prefix: string }[] = [{ node: volume.root, prefix: '' }]
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    for (const { name, node } of next.node.entries.values()) {
      const path = `${next.prefix}${name}`
      if (node.type === 'link') {
        yield { type: 'link', path, target: new TextDecoder().decode(node.target) }
        continue
      }
      yield { type: node.type, path }
      if (node.type === 'directory') ahead.push({ node, prefix: `${path}/` })
      else yield* readContent(node.content)
    }
  }
}

function* readContent(content: Content): Generator<TreePart> {
  for (let at = 0; at < content.size; at += PART_BYTES) {
    const bytes = new Uint8Array(Math.min(PART_BYTES, content.size - at))
    content.read(bytes, at)
    yield { type: 'bytes', bytes }
  }
}

/** Tells whether a text is the path of an entry: names joined by `/` that lead down alone. */
export function isTreePath(path: string): boolean {
  if (path.length > PATH_CHARS || path.includes('\0')) return false
  return path.split('/').every((name) => name !== '' && name !== '.' && name !== '..')
}

/** Puts a tree together again. Whoever gives it parts has checked them. */
export class TreeCollector {
  readonly #entries: Exclude<TreePart, { readonly type: 'bytes' }>[] = []
  /** Parts of files, by the number of their entry. */
  readonly #contents = new Map<number, Uint8Array[]>()

  take(part: TreePart): void {
    if (part.type !== 'bytes') {
      this.#entries.push(part)
      return
    }
    const last = this.#entries.length - 1
    const parts = this.#contents.get(last)
    if (parts === undefined) this.#contents.set(last, [part.bytes])
    else parts.push(part.bytes)
  }

  finish(): MemoryTree {
    return this.#entries.map((entry, index): TreeEntry => {
      if (entry.type === 'link') return entry
      if (entry.type === 'directory') return { type: 'directory', path: entry.path }
      return { type: 'file', path: entry.path, bytes: new Uint8Array(Buffer.concat(this.#contents.get(index) ?? [])) }
    })
  }
}
