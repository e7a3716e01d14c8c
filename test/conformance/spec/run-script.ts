import type { Assembler } from './assembler.ts'
import { assemble } from './assembler.ts'
import type { Outcome } from './outcome.ts'
import { formatOutcome } from './outcome.ts'
import type { Command, ModuleFault } from './script.ts'
import { Session } from './session.ts'
import { matches } from './values.ts'

/** A command that ended otherwise once the modules were rewritten. */
export interface Difference {
  readonly line: number
  readonly plain: string
  readonly metered: string
}

/** Commands of one script by what became of them; each is counted once, except `met`. */
export interface Tally {
  commands: number
  /** Same outcome plain and rewritten. */
  same: number
  /** Among the same: assertions whose outcome is the one that the script asks for. */
  met: number
  /** Commands that need a module which the rewriter refuses, or more memory than the cap. */
  refused: number
  /** Commands that need a module which V8 does not take, or a value that JavaScript has no form for. */
  notRunnable: number
  /** Wrong text that the assembler refuses, as it should: it never becomes a module. */
  textOnly: number
  /** Commands that need a module whose text the assembler does not take. */
  notAssembled: number
  readonly differences: Difference[]
  readonly refusals: Map<string, number>
}

export function emptyTally(): Tally {
  const counts = { commands: 0, same: 0, met: 0, refused: 0, notRunnable: 0, textOnly: 0, notAssembled: 0 }
  return { ...counts, differences: [], refusals: new Map() }
}

/** Runs a script twice, plain and rewritten, and compares every outcome. */
export async function runScript(commands: readonly Command[], assembler: Assembler): Promise<Tally> {
  const externs = new Map<number, object>()
  const sessions = [new Session('plain', externs), new Session('metered', externs)] as const
  const definitions = new Map<string | null, Uint8Array<ArrayBuffer> | null>()
  const tally = emptyTally()
  for (const command of commands) {
    const bytes = 'source' in command ? await assemble(command.source, assembler) : null
    if (command.kind === 'module' && command.definition) {
      definitions.set(command.id, bytes)
      definitions.set(null, bytes)
      continue
    }
    const definition = command.kind === 'instance' ? (definitions.get(command.definition) ?? null) : bytes
    const [plain, metered] = sessions.map((session) => perform(session, command, definition)) as [Outcome, Outcome]
    count(tally, command, plain, metered)
  }
  return tally
}

function perform(session: Session, command: Command, bytes: Uint8Array<ArrayBuffer> | null): Outcome {
  switch (command.kind) {
    case 'module':
    case 'instance':
      return session.instantiate(bytes, command.id)
    case 'register':
      return session.register(command.as, command.module)
    case 'wrong module':
      return session.tryModule(bytes)
    default:
      return session.perform(command.action)
  }
}

function count(tally: Tally, command: Command, plain: Outcome, metered: Outcome): void {
  tally.commands += 1
  const isWrong = command.kind === 'wrong module'
  if (isAbsent(plain, 'not assembled')) {
    if (isWrong && command.expected === 'malformed') tally.textOnly += 1
    else tally.notAssembled += 1
  } else if (isNotRunnable(plain) || (plain.kind === 'invalid' && !isWrong)) {
    tally.notRunnable += 1
  } else if (metered.kind === 'refused' || isAbsent(metered, 'refused')) {
    tally.refused += 1
    if (metered.kind === 'refused') tally.refusals.set(metered.code, (tally.refusals.get(metered.code) ?? 0) + 1)
  } else if (formatOutcome(plain) !== formatOutcome(metered) || metered.kind === 'fault') {
    tally.differences.push({ line: command.line, plain: formatOutcome(plain), metered: formatOutcome(metered) })
  } else {
    tally.same += 1
    if (isMet(command, plain)) tally.met += 1
  }
}

function isNotRunnable(outcome: Outcome): boolean {
  return isAbsent(outcome, 'not runnable') || outcome.kind === 'not callable'
}

function isAbsent(outcome: Outcome, absence: 'refused' | 'not runnable' | 'not assembled'): boolean {
  return outcome.kind === absence || (outcome.kind === 'missing' && outcome.absence === absence)
}

const FAULTS: Readonly<Record<ModuleFault, readonly Outcome['kind'][]>> = {
  invalid: ['invalid'],
  malformed: ['invalid'],
  unlinkable: ['unlinkable', 'fault'],
  trap: ['trap'],
  exception: ['exception'],
}

function isMet(command: Command, outcome: Outcome): boolean {
  switch (command.kind) {
    case 'return':
      return (
        outcome.kind === 'values' &&
        outcome.values.length === command.expected.length &&
        outcome.values.every((value, index) => matches(command.expected[index]!, value))
      )
    case 'trap':
    case 'exhaustion':
    case 'exception':
      return outcome.kind === command.kind
    case 'wrong module':
      return FAULTS[command.expected].includes(outcome.kind)
    default:
      return outcome.kind === 'values'
  }
}
