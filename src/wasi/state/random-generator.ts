import { randomFillSync } from 'node:crypto'
import type { Grants } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'

/** The random numbers of one agent. */
export interface RandomGenerator {
  /** Fills all of `bytes`. */
  fill(bytes: Uint8Array): void
  /** Returns 32 bits as a number from 0 to 2^32 - 1. */
  nextU32(): number
}

/** Seed of the generator that an agent without the grant gets. */
export const FIXED_RANDOM_SEED = 0

/**
 * Makes the random generator of one agent.
 *
 * `secure` draws from the operating system. `seeded`, and no grant (seed 0), give the same numbers at every run:
 * xoshiro128** whose four words come from splitmix64 of the seed, low half before high half; a fill takes one word for each
 * four bytes begun, low byte first. That suits hash tables and simulations; it keeps no secret.
 *
 * @throws CaxtonError ERR_CONFIG_INVALID for a seed that is not a whole number JavaScript holds exactly
 */
export function createRandomSource(grant: Grants['random']): RandomGenerator {
  if (grant === null) return new SeededGenerator(FIXED_RANDOM_SEED)
  if (grant.source === 'seeded') return new SeededGenerator(grant.seed)
  return new SecureGenerator()
}

/** Words that were drawn ahead, for all agents of a thread: one call of the operating system costs as much as many numbers. */
const pool = new Uint32Array(256)
let used = pool.length

/** Draws from the operating system. A word that was given is wiped. */
class SecureGenerator implements RandomGenerator {
  fill(bytes: Uint8Array): void {
    randomFillSync(bytes)
  }

  nextU32(): number {
    if (used === pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const word = pool[used]!
    pool[used] = 0
    used += 1
    return word
  }
}

/** xoshiro128** 1.1 (Blackman and Vigna). */
class SeededGenerator implements RandomGenerator {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) {
      throw new CaxtonError('ERR_CONFIG_INVALID', { detail: `expected a whole number as random seed, found ${seed}` })
    }
    const low = splitmix64(BigInt(seed), 1n)
    const high = splitmix64(BigInt(seed), 2n)
    this.#a = Number(low & 0xffffffffn)
    this.#b = Number(low >> 32n)
    this.#c = Number(high & 0xffffffffn)
    this.#d = Number(high >> 32n)
  }

  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += 4) {
      const word = this.nextU32()
      const end = Math.min(4, bytes.length - at)
      for (let index = 0; index < end; index += 1) bytes[at + index] = word >>> (8 * index)
    }
  }

  nextU32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotateLeft(this.#d, 11)
    return result
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

/** The `step`th output of splitmix64 started at `seed`. */
function splitmix64(seed: bigint, step: bigint): bigint {
  let word = BigInt.asUintN(64, seed + step * 0x9e3779b97f4a7c15n)
  word = BigInt.asUintN(64, (word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n)
  word = BigInt.asUintN(64, (word ^ (word >> 27n)) * 0x94d049bb133111ebn)
  return word ^ (word >> 31n)
}
