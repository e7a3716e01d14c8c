import type { Command } from 'commander'
import { declareDeadLetters } from './dead-letters.ts'
import { declareMessageTrace } from './message-trace.ts'
import type { Runner } from './runner.ts'

/** Adds the commands about single messages of a data directory. */
export function declareMessage(program: Command, run: Runner): void {
  const group = program.command('message').description('follow messages of a data directory, and see what was given up')
  declareMessageTrace(group, run)
  declareDeadLetters(group, run)
}
