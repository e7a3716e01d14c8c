import { Command, CommanderError } from 'commander'
import { asCaxtonError, CaxtonError } from '../core/index.ts'
import type { Runner } from './commands/runner.ts'
import { renderFailure, renderJsonFailure } from './failure.ts'
import type { Output } from './output.ts'
import { escapeText } from './plain-text.ts'

/** Adds one command to the program; its action hands its work to the runner. */
export type Declare = (program: Command, run: Runner) => void

const EXAMPLES = `
Examples:
  caxton run examples/market      run a system of agents and watch them converse
  caxton run --help               more about one command`

/** Exit code of a command line that names no command. */
const NO_COMMAND = 'commander.help'
/** What commander throws after it has shown what was asked for. */
const SHOWN: ReadonlySet<string> = new Set(['commander.helpDisplayed', 'commander.version'])

/**
 * Runs one command line to its end.
 *
 * @param args what follows the name of the program
 * @returns the exit code; every error has been written to the error output by then
 */
export async function runProgram(
  args: readonly string[],
  version: string,
  commands: readonly Declare[],
  output: Output,
): Promise<number> {
  try {
    const work = chooseWork(args, version, commands, output)
    return work === null ? 0 : await work(output)
  } catch (error) {
    const failure = asCaxtonError(error)
    for (const line of wantsJson(args) ? [renderJsonFailure(failure)] : renderFailure(failure, output.errorPaint)) {
      output.errorLine(line)
    }
    return failure.exitCode
  }
}

type Work = (output: Output) => Promise<number>

/** Parses the arguments; returns null when help or the version was asked for. @throws CaxtonError ERR_CLI_USAGE */
function chooseWork(
  args: readonly string[],
  version: string,
  commands: readonly Declare[],
  output: Output,
): Work | null {
  let chosen: Work | null = null
  const program = createProgram(version, output)
  for (const declare of commands) {
    declare(program, (work) => {
      chosen = work
    })
  }
  try {
    program.parse(args, { from: 'user' })
    return chosen
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (SHOWN.has(error.code)) return null
    const detail = error.code === NO_COMMAND ? 'no command is given' : describe(error)
    throw new CaxtonError('ERR_CLI_USAGE', { detail, data: { reason: error.code }, cause: error })
  }
}

function createProgram(version: string, output: Output): Command {
  return new Command('caxton')
    .description('Runs systems of sandboxed WebAssembly agents that converse in FIPA ACL messages.')
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'show help')
    .helpCommand(false)
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.line(text.replace(/\n$/, '')),
      // Errors are thrown, and written once, in the form of every other error.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(output.columns, 120),
    })
}

function describe({ message }: CommanderError): string {
  const line = message
    .replace(/^error: /, '')
    .replace(/\s+/g, ' ')
    .trim()
  return escapeText(line.replace(/\.$/, ''))
}

/** The error of a command line that could not be parsed has the form that was asked for, too. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return args.slice(0, end === -1 ? undefined : end).includes('--json')
}
