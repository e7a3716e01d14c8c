import { InvalidArgumentError } from 'commander'
import type { Limits } from '../core/index.ts'
import { HOST_LIMITS, isCaxtonError, LIMITS, parseBytes, parseCount, parseDurationMs } from '../core/index.ts'
import type { RunExport } from '../index.ts'

const PARSERS = { bytes: parseBytes, ms: parseDurationMs, count: parseCount } as const

/** Makes a reader of an option that sets a limit, with the units and the range of its row in LIMITS. */
export function limitOption(name: keyof Limits): (text: string) => number {
  const { unit, min, max } = LIMITS[name]
  return (text) => {
    const amount = parse(() => PARSERS[unit](text))
    if (amount < min || amount > max) throw new InvalidArgumentError(`expected between ${min} and ${max} ${unit}`)
    return amount
  }
}

/** Reads `--threads`. */
export function threadsOption(text: string): number {
  const count = parse(() => parseCount(text))
  if (count >= 1 && count <= HOST_LIMITS.threads) return count
  throw new InvalidArgumentError(`expected between 1 and ${HOST_LIMITS.threads}`)
}

/** Reads one `--env NAME=value` and adds it to those before. */
export function envOption(text: string, before: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('expected NAME=value')
  const name = text.slice(0, equals)
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${name} is given twice`)
  return { ...before, [name]: text.slice(equals + 1) }
}

/** Reads one `--export agent:/place=folder` and adds it to those before. */
export function exportOption(text: string, before: readonly RunExport[]): readonly RunExport[] {
  const [, agent, at, folder] = /^([^:]+):(\/[^=]*)=(.+)$/.exec(text) ?? []
  if (agent === undefined || at === undefined || folder === undefined) {
    throw new InvalidArgumentError('expected agent:/place=folder')
  }
  return [...before, { agent, at, folder }]
}

/** A directory of the host that a command sees. */
export interface DirOption {
  readonly at: string
  readonly host: string
  readonly access: 'ro' | 'rw'
}

/** Reads one `--dir host::guest[::ro]` and adds it to those before. */
export function dirOption(text: string, before: readonly DirOption[]): readonly DirOption[] {
  const [host, at, access = 'rw', ...more] = text.split('::')
  if (!host || !at?.startsWith('/') || (access !== 'ro' && access !== 'rw') || more.length > 0) {
    throw new InvalidArgumentError(
      'expected host::guest or host::guest::ro with an absolute path of the guest, such as .::/work',
    )
  }
  return [...before, { host, at, access }]
}

function parse<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (isCaxtonError(error)) throw new InvalidArgumentError(error.detail ?? error.message)
    throw error
  }
}
