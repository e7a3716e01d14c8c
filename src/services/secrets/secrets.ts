import { readFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import type { SecretSource, SecretTemplate } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import { createPatterns } from './scrubber.ts'

/** Shorter ones occur in texts by chance and are guessed. */
const MIN_CHARS = 8
const MAX_CHARS = 8_192

/** A template with its secrets filled in. Never shown: it is for the other side of a connection alone. */
export interface Filled {
  readonly text: string
  /** What must not come back, in the forms in which it might. */
  readonly patterns: readonly Buffer[]
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The secrets of a system. Read once, at its start; a value leaves only inside of what `fill` answers.
 *
 * Neither JSON nor `console.log` shows one.
 */
export class Secrets {
  readonly #values: ReadonlyMap<string, string>

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = values
  }

  /**
   * Reads every secret.
   *
   * @param env where variables are looked up. @default that of the process
   * @throws CaxtonError ERR_SECRET_INVALID, `data.secret`: missing, too short, or not printable ASCII
   */
  static async read(sources: Readonly<Record<string, SecretSource>>, env: Environment = process.env): Promise<Secrets> {
    const entries = Object.entries(sources)
    const values = await Promise.all(entries.map(([name, source]) => readSecret(name, source, env)))
    return new Secrets(new Map(entries.map(([name], index) => [name, values[index]!])))
  }

  /** @throws CaxtonError ERR_SECRET_INVALID for a name that is not declared */
  assertHas(names: readonly string[]): void {
    for (const name of names) if (!this.#values.has(name)) throw unknownSecret(name)
  }

  /** Fills a template; with `basic`, as the credentials of HTTP basic authentication. @throws CaxtonError ERR_SECRET_INVALID */
  fill(template: SecretTemplate, form: 'plain' | 'basic' = 'plain'): Filled {
    const used: string[] = []
    const parts = template.map((part) => {
      if (typeof part === 'string') return part
      const value = this.#values.get(part.secret)
      if (value === undefined) throw unknownSecret(part.secret)
      used.push(value)
      return value
    })
    const plain = parts.join('')
    if (form === 'plain') return { text: plain, patterns: createPatterns(used) }
    return { text: `Basic ${Buffer.from(plain).toString('base64')}`, patterns: createPatterns([...used, plain]) }
  }

  toJSON(): readonly string[] {
    return [...this.#values.keys()]
  }

  [inspect.custom](): string {
    return `Secrets(${[...this.#values.keys()].join(', ')})`
  }
}

/** @throws CaxtonError ERR_SECRET_INVALID */
async function readSecret(name: string, source: SecretSource, env: Environment): Promise<string> {
  const { value, origin } = await findValue(name, source, env)
  if (value.length < MIN_CHARS || value.length > MAX_CHARS) {
    throw invalid(name, `${origin} has ${value.length} characters, expected ${MIN_CHARS} to ${MAX_CHARS}`)
  }
  if (!/^[\x20-\x7e]+$/.test(value)) throw invalid(name, `${origin} is not one line of printable ASCII`)
  return value
}

async function findValue(
  name: string,
  source: SecretSource,
  env: Environment,
): Promise<{ readonly value: string; readonly origin: string }> {
  if ('value' in source) return { value: source.value, origin: 'its value' }
  if ('env' in source) {
    const value = env[source.env]
    if (value === undefined) throw invalid(name, `the environment has no variable ${source.env}`)
    return { value, origin: `the variable ${source.env}` }
  }
  try {
    return { value: (await readFile(source.file, 'utf8')).replace(/\r?\n$/, ''), origin: `the file ${source.file}` }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw invalid(name, `the file ${source.file} cannot be read (${code})`)
  }
}

function unknownSecret(name: string): CaxtonError {
  return invalid(name, 'nobody has declared it, expected it under [secrets]')
}

function invalid(name: string, problem: string): CaxtonError {
  return new CaxtonError('ERR_SECRET_INVALID', { detail: `'${name}': ${problem}`, data: { secret: name } })
}
