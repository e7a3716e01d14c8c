import type { Command } from 'commander'
import { declareMessageTrace } from './message-trace.ts'
import type { Runner } from './runner.ts'

/** Adds the commands about single messages of a data directory. */
export function declareMessage(program: Command, run: Runner): void {
  const group = program.command('message').description('follow messages of a data directory')
  declareMessageTrace(group, run)
}
