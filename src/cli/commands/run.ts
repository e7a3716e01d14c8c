import { dirname, join } from 'node:path'
import type { Command } from 'commander'
import { Option } from 'commander'
import { CaxtonError, humanAddress } from '../../core/index.ts'
import type { HumanMessage, RunExport, RunExported, RunReport, System } from '../../index.ts'
import { exportOption, threadsOption } from '../options.ts'
import type { Output } from '../output.ts'
import { escapeText, toJsonLine } from '../plain-text.ts'
import { renderJsonEvent, renderJsonSummary, renderOutcome, renderReport } from '../report.ts'
import { catchSignals, INTERRUPTED_EXIT_CODE, WAITING_EXIT_CODE } from '../signals.ts'
import { Timeline } from '../timeline.ts'
import type { RunEvent, Screen } from '../view.ts'
import type { Runner } from './runner.ts'

interface RunFlags {
  readonly input?: string
  readonly json?: true
  readonly threads?: number
  readonly data?: string
  readonly verbose?: true
  readonly quiet?: true
  readonly export: readonly RunExport[]
}

const EXAMPLES = `
Examples:
  caxton run examples/market                     the caxton.toml of a folder
  caxton run market.toml --input words.txt       another input than the file names
  caxton run report.toml --export report:/out=out  files in memory into a folder, at the end
  caxton run market.toml --json | jq .type       one JSON object a line, a summary at the end

Exit code: 0 if the goal was reached, 130 if interrupted, 75 if the run waits for people (answer them by "caxton human", then run
it again); "next:" says what to do about any other.
The first Ctrl-C lets the agents finish and shows what they did, the second ends at once.`

/** Adds `caxton run`. */
export function declareRun(program: Command, run: Runner): void {
  program
    .command('run')
    .description('run a system of agents in this process')
    .argument('<system>', 'a system file (caxton.toml), or the folder it lies in')
    .option('--input <file>', 'input of the system, in place of the one its file names')
    .option('--json', 'print one JSON object a line: events, then a summary')
    .option('--data <directory>', 'keep what must not be lost there, and go on with what is there (default: in memory)')
    .addOption(new Option('--in-memory', 'keep nothing, whatever the file says').conflicts('data'))
    .option('--threads <count>', 'worker threads (default: one for each processor)', threadsOption)
    .addOption(createExportOption())
    .addOption(new Option('--verbose', 'show every event and what each message cost').conflicts(['quiet', 'json']))
    .addOption(new Option('--quiet', 'show only the result').conflicts('json'))
    .addHelpText('after', EXAMPLES)
    .action((system: string, flags: RunFlags) => run((output) => runCommand(system, flags, output)))
}

function createExportOption(): Option {
  const option = new Option(
    '--export <agent:/place=folder>',
    'write files in memory into a folder at the end (repeatable)',
  )
  return option.argParser(exportOption).default([], 'none')
}

async function runCommand(path: string, flags: RunFlags, output: Output): Promise<number> {
  const { asksForTraces, exportTraces, loadSystem, runSystem } = await import('../../index.ts')
  const { defaultCacheDirectory } = await import('../../languages/index.ts')
  const system = await loadSystem(path, flags.input === undefined ? {} : { input: flags.input })
  const view = createView(system, flags, output)
  await using traces = asksForTraces(process.env) ? await exportTraces() : null
  const stop = new AbortController()
  const releaseSignals = catchSignals(() => {
    output.errorLine('interrupted: agents finish what they have; once more to end at once')
    stop.abort()
  })
  try {
    const report = await runSystem(system, {
      onEvent: view.event,
      signal: AbortSignal.any([stop.signal, output.gone]),
      onProgress: (line) => output.errorLine(escapeText(line)),
      moduleCacheDirectory: join(dirname(defaultCacheDirectory()), 'modules'),
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
      ...(flags.data === undefined ? {} : { dataDirectory: flags.data }),
      exports: flags.export,
      ...(traces === null ? {} : { tracing: traces.tracing }),
    })
    view.report(report)
    for (const waiting of report.waiting) output.errorLine(escapeText(adviseAnswer(waiting, flags.data)))
    for (const exported of report.exported) output.errorLine(escapeText(describeExport(exported)))
    return exitCodeOf(report)
  } finally {
    releaseSignals()
  }
}

/** @throws CaxtonError ERR_GOAL_MISSED */
function exitCodeOf({ reached, code, reason, waiting }: RunReport): number {
  if (reached) return 0
  if (waiting.length > 0) return WAITING_EXIT_CODE
  if (code === null) return INTERRUPTED_EXIT_CODE
  throw new CaxtonError(code, { detail: reason })
}

/** How a message is answered that the run waits for. */
function adviseAnswer({ id, person, acts }: HumanMessage, data: string | undefined): string {
  const act = acts === null ? 'inform' : acts.join('|')
  return `next: caxton human answer ${id} --act ${act} --data ${data ?? '<directory>'}  as ${person}, then run it again`
}

function describeExport({ agent, at, folder, entries, leftOut, error }: RunExported): string {
  if (error !== null) return `files of ${agent} at ${at} were not written: ${error.code}: ${error.detail ?? ''}`
  const links = leftOut.length === 0 ? '' : `, without ${leftOut.length} links that lead elsewhere`
  return `${entries} files of ${agent} at ${at} are in ${folder}${links}`
}

interface View {
  event(event: RunEvent): void
  report(report: RunReport): void
}

function createView(system: System, flags: RunFlags, output: Output): View {
  if (flags.json) {
    output.line(toJsonLine({ type: 'system', name: system.name, agents: system.agents.map(({ name }) => name) }))
    return {
      event: (event) => output.line(renderJsonEvent(event)),
      report: (report) => output.line(renderJsonSummary(report)),
    }
  }
  const screen: Screen = { columns: output.columns, paint: output.paint }
  if (flags.quiet) return { event: () => {}, report: (report) => printAll(renderOutcome(report, screen), output) }
  const people = Object.keys(system.people).map(humanAddress)
  const topics = system.agents.flatMap(({ grants }) => grants.publish.map((pattern) => `topic:${pattern}`))
  const names = [...system.agents.map(({ name }) => name), ...people, ...topics]
  const timeline = new Timeline({ ...screen, names, verbose: flags.verbose === true })
  return {
    event: (event) => printAll(timeline.render(event), output),
    report: (report) => printAll([...timeline.flush(), ...renderReport(report, screen)], output),
  }
}

function printAll(lines: readonly string[], output: Output): void {
  for (const line of lines) output.line(line)
}
