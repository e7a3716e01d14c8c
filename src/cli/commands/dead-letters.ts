import type { Command } from 'commander'
import { CaxtonError } from '../../core/index.ts'
import type { DeadLetter } from '../../index.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import { escapeText, toJsonLine } from '../plain-text.ts'
import type { Runner } from './runner.ts'

/** Adds `caxton message dead list|redeliver|purge`. */
export function declareDeadLetters(group: Command, run: Runner): void {
  const dead = group.command('dead').description('messages that were given up, of a data directory')
  withDataOptions(dead.command('list'))
    .description('list them with their reasons, the oldest first')
    .action((flags: DataFlags) => run((output) => listDead(flags, output)))
  for (const [kind, description] of [
    ['redeliver', 'deliver one again, or all'],
    ['purge', 'drop one for good, or all'],
  ] as const) {
    dead
      .command(kind)
      .description(`${description}: done by the system that runs on the directory, or by the next one`)
      .argument('<sequence>', 'the number of a message as it is listed, or "all"')
      .requiredOption('--data <directory>', 'the data directory of a system')
      .action((sequence: string, flags: DataFlags) => run((output) => askFor(kind, sequence, flags, output)))
  }
}

async function listDead({ data, json }: DataFlags, output: Output): Promise<number> {
  const { StoreReader } = await import('../../index.ts')
  using reader = new StoreReader(data)
  for (const letter of reader.dead()) output.line(json ? toJsonLine({ ...letter }) : describe(letter))
  return 0
}

function describe({ sequence, deadMs, message, receiver, reason, detail, attempts }: DeadLetter): string {
  const route = `${message.sender} → ${receiver}`
  const why = `${reason}${detail === null ? '' : `: ${detail}`}${attempts > 0 ? ` (after ${attempts} attempts)` : ''}`
  return escapeText(`${sequence}  ${new Date(deadMs).toISOString()}  ${route}  ${message.performative}  ${why}`)
}

async function askFor(kind: string, sequence: string, { data }: DataFlags, output: Output): Promise<number> {
  if (sequence !== 'all' && !/^[1-9]\d{0,15}$/.test(sequence)) {
    throw new CaxtonError('ERR_CLI_USAGE', { detail: `expected a number or "all", found ${JSON.stringify(sequence)}` })
  }
  const { leaveInInbox } = await import('../../index.ts')
  leaveInInbox(data, kind, sequence)
  output.line(`${kind} ${sequence}: left for the system on ${escapeText(data)}`)
  return 0
}
