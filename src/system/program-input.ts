import type { Guest } from '../core/index.ts'
import { HOST_LIMITS } from '../core/index.ts'
import { field, Mismatch } from './field.ts'
import { mismatch, show } from './problems.ts'

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

function readArgs(value: unknown): readonly string[] | Mismatch {
  if (!Array.isArray(value)) return new Mismatch(mismatch(value, 'an array of strings'))
  const wrong = value.find((arg) => !isText(arg))
  if (wrong !== undefined) return new Mismatch(`has ${show(wrong)}, expected strings without zero characters`)
  return withinRoom(value as string[], value as string[])
}

function readEnv(value: unknown): Readonly<Record<string, string>> | Mismatch {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Mismatch(mismatch(value, 'a table such as { LANG = "C" }'))
  const env: Record<string, string> = Object.create(null)
  for (const [name, text] of Object.entries(value)) {
    if (!/^[^=\0]+$/.test(name)) return new Mismatch(`has the name ${show(name)}, expected one without "="`)
    if (!isText(text)) return new Mismatch(`has ${show(text)} under ${show(name)}, expected a string`)
    env[name] = text
  }
  return withinRoom(env, Object.entries(env).flat())
}

function withinRoom<Value>(value: Value, texts: readonly string[]): Value | Mismatch {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0)
  if (bytes <= HOST_LIMITS.configBytes) return value
  return new Mismatch(`has ${bytes} bytes, expected at most ${HOST_LIMITS.configBytes}`)
}

/** The key `args` of an agent: what a WASI program finds behind its name. */
export const argsSchema = field(readArgs)

/** The grant `env`: the environment of a WASI program. */
export const envSchema = field(readEnv)

/** What a WASI program finds: its name, then its arguments. An agent that is none finds nothing unless it is given something. */
export function programArgs(
  { door, origin }: Pick<Guest, 'door' | 'origin'>,
  args: readonly string[],
): readonly string[] {
  return door === 'stdio' || args.length > 0 ? [origin, ...args] : []
}
