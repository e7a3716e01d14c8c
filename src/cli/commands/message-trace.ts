import type { Command } from 'commander'
import { formatCount } from '../../core/index.ts'
import type { CauseTree } from '../../index.ts'
import type { DataFlags } from '../data-option.ts'
import { withDataOptions } from '../data-option.ts'
import type { Output } from '../output.ts'
import { shorten, toJsonLine } from '../plain-text.ts'
import { receiverOf } from '../sequence/diagram.ts'
import { describeEnd, readLog } from './conversation.ts'
import type { Runner } from './runner.ts'

/** Columns that one step into the tree takes. */
const STEP = 2
/** Steps that are shown as indentation; deeper ones stand below each other. */
const MAX_STEPS = 24

/** Adds `caxton message trace` to the commands about messages. */
export function declareMessageTrace(group: Command, run: Runner): void {
  withDataOptions(group.command('trace'))
    .description('show what caused a message and what came of it, across agents and conversations')
    .argument('<id>', 'id of the message')
    .action((id: string, flags: DataFlags) => run((output) => traceMessage(id, flags, output)))
}

async function traceMessage(id: string, { data, json }: DataFlags, output: Output): Promise<number> {
  const tree = (await readLog(data)).trace(id)
  for (const { node, depth } of walk(tree)) {
    output.line(json ? toJsonLine({ depth, ...node.message }) : renderLine(node, depth, id, output))
  }
  return 0
}

function renderLine({ message }: CauseTree, depth: number, asked: string, { columns, paint }: Output): string {
  const { id, performative, sender, conversation, end } = message
  const indent = depth === 0 ? '' : `${' '.repeat(STEP * (Math.min(depth, MAX_STEPS) - 1))}└ `
  const fuel = end === null ? '' : `, fuel ${formatCount(end.fuel)}`
  const text = `${performative} ${sender} → ${receiverOf(message)}  ${describeEnd(end)}${fuel}  ${id} in ${conversation}`
  const tone = id === asked ? 'bold' : end !== null && (end.error !== null || end.status !== 0) ? 'bad' : 'plain'
  return `${indent}${paint(tone, shorten(text, columns - indent.length))}`
}

/** Lists a tree from its root, causes before effects. */
function* walk(root: CauseTree): Generator<{ readonly node: CauseTree; readonly depth: number }> {
  const open = [{ node: root, depth: 0 }]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    yield at
    for (const effect of at.node.effects.toReversed()) open.push({ node: effect, depth: at.depth + 1 })
  }
}
