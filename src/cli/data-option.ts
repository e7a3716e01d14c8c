import type { Command } from 'commander'

/** Flags of every command that looks at a data directory. */
export interface DataFlags {
  readonly data: string
  readonly json?: true
}

/** Lets a command take a data directory, and print for programs. */
export function withDataOptions(command: Command): Command {
  return command
    .requiredOption('--data <directory>', 'data directory of the system')
    .option('--json', 'print one JSON object a line')
}
