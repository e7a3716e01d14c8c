import type { Command } from 'commander'
import { formatBytes } from '../../core/index.ts'
import type { Output } from '../output.ts'
import { escapeText, toJsonLine } from '../plain-text.ts'
import type { Runner } from './runner.ts'

const EXAMPLES = `
Examples:
  caxton run market.toml --data data        keep what the system must not lose
  caxton data backup data monday.sqlite     also while it runs
  caxton data restore monday.sqlite other   into a directory without data`

/** Adds `caxton data check|backup|restore`. */
export function declareData(program: Command, run: Runner): void {
  const group = program
    .command('data')
    .description('check, back up and restore data directories')
    .addHelpText('after', EXAMPLES)
  group
    .command('check')
    .description('check every page and index, and tell what is in it')
    .argument('<directory>', 'a data directory, also of a system that runs')
    .option('--json', 'print one JSON object')
    .action((directory: string, flags: { json?: true }) => run((output) => checkData(directory, flags.json, output)))
  group
    .command('backup')
    .description('write a copy of all that was committed into one new file')
    .argument('<directory>', 'a data directory, also of a system that runs')
    .argument('<file>', 'a file that does not exist')
    .action((directory: string, file: string) => run((output) => backupData(directory, file, output)))
  group
    .command('restore')
    .description('make a data directory of a backup, which is checked first')
    .argument('<file>', 'a backup')
    .argument('<directory>', 'a directory without data')
    .action((file: string, directory: string) => run((output) => restoreData(file, directory, output)))
}

async function checkData(directory: string, isJson: true | undefined, output: Output): Promise<number> {
  const { checkDirectory } = await import('../../index.ts')
  const report = checkDirectory(directory)
  const { file, pending, dead, dataKeys, timers, historyBytes } = report
  if (isJson) output.line(toJsonLine({ ...report }))
  else {
    output.line(`${escapeText(file)} is whole`)
    output.line(`messages pending ${pending}, dead ${dead}; keys stored ${dataKeys}; timers ${timers}`)
    output.line(`history ${formatBytes(historyBytes)}`)
  }
  return 0
}

async function backupData(directory: string, file: string, output: Output): Promise<number> {
  const { backupDirectory } = await import('../../index.ts')
  backupDirectory(directory, file)
  output.line(`${escapeText(directory)} is backed up in ${escapeText(file)}`)
  return 0
}

async function restoreData(file: string, directory: string, output: Output): Promise<number> {
  const { restoreDirectory } = await import('../../index.ts')
  restoreDirectory(file, directory)
  output.line(`${escapeText(file)} is restored in ${escapeText(directory)}`)
  return 0
}
