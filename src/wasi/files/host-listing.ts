import type { Dir } from 'node:fs'
import { lstatSync, opendirSync } from 'node:fs'
import { FILE_LIMITS } from '../../core/index.ts'
import { attempt, pathOf } from './host-descriptors.ts'
import type { HostVolume } from './host-volume.ts'
import { fileTypeOf } from './host-volume.ts'
import type { DirectoryEntry, Listing } from './node.ts'
import type { FileProblem } from './problem.ts'
import { isProblem } from './problem.ts'

/** Names that are kept behind the last one that was asked for: a guest comes back for one that did not fit. */
const KEPT = 256
/** Names that are read ahead. */
const AHEAD = 32

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The entries of a directory of the host, read on as they are asked for: however many there are, few are held. A cookie counts
 * names; going back far begins anew. Names that are not UTF-8 are left out: no path could name them.
 */
export class HostListing implements Listing {
  readonly #volume: HostVolume
  readonly #descriptor: number
  #reader: Dir | null
  /** Names from `#start` on. */
  #names: string[] = []
  #start = 0

  private constructor(volume: HostVolume, descriptor: number, reader: Dir) {
    this.#volume = volume
    this.#descriptor = descriptor
    this.#reader = reader
  }

  static open(volume: HostVolume, descriptor: number): HostListing | FileProblem {
    const reader = openReader(volume, descriptor)
    return isProblem(reader) ? reader : new HostListing(volume, descriptor, reader)
  }

  at(cookie: number): DirectoryEntry | null | FileProblem {
    if (cookie < this.#start) {
      const problem = this.#rewind()
      if (problem !== null) return problem
    }
    for (let at = cookie; ; at += 1) {
      const name = this.#nameAt(at)
      if (name === null || isNameProblem(name)) return name === null ? null : name.problem
      const entry = this.#describe(name.name, at + 1)
      // What is gone by now is passed over.
      if (entry !== 'NOENT') return entry
    }
  }

  close(): void {
    const reader = this.#reader
    this.#reader = null
    if (reader === null) return
    this.#volume.owner.heldCount -= 1
    attempt(() => reader.closeSync())
  }

  #rewind(): FileProblem | null {
    this.close()
    const reader = openReader(this.#volume, this.#descriptor)
    if (isProblem(reader)) return reader
    this.#reader = reader
    this.#names = []
    this.#start = 0
    return null
  }

  #nameAt(at: number): { readonly name: string } | { readonly problem: FileProblem } | null {
    while (at >= this.#start + this.#names.length) {
      const read = this.#readName()
      if (read === null) return null
      if (isProblem(read)) return { problem: read }
      if (read.name !== null) this.#names.push(read.name)
      if (this.#names.length > 2 * KEPT) {
        this.#start += KEPT
        this.#names = this.#names.slice(KEPT)
      }
    }
    return { name: this.#names[at - this.#start]! }
  }

  /** The next name, null inside for one that is not UTF-8; null at the end. */
  #readName(): { readonly name: string | null } | FileProblem | null {
    this.#volume.work.charge(200)
    const entry = attempt(() => this.#reader?.readSync() ?? null)
    if (entry === null || isProblem(entry)) return entry
    try {
      const name = strictUtf8.decode(entry.name as unknown as Uint8Array)
      return { name: Buffer.byteLength(name) <= FILE_LIMITS.nameBytes ? name : null }
    } catch {
      return { name: null }
    }
  }

  #describe(name: string, next: number): DirectoryEntry | FileProblem {
    this.#volume.chargeCalls()
    const stats = attempt(() => lstatSync(pathOf(this.#descriptor, name), { bigint: true }))
    return isProblem(stats) ? stats : { name, inode: stats.ino, type: fileTypeOf(stats), next }
  }
}

function isNameProblem(read: object): read is { readonly problem: FileProblem } {
  return 'problem' in read
}

/** The entries come with names as bytes. */
function openReader(volume: HostVolume, descriptor: number): Dir | FileProblem {
  volume.chargeCalls(2)
  if (volume.owner.heldCount >= FILE_LIMITS.hostDescriptors) return 'NFILE'
  const options = { encoding: 'buffer' as BufferEncoding, bufferSize: AHEAD }
  const reader = attempt(() => opendirSync(`/proc/self/fd/${descriptor}`, options))
  if (!isProblem(reader)) volume.owner.heldCount += 1
  return reader
}
