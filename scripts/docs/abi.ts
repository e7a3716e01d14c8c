import type { HostFunction, StatusName } from '../../src/capability/index.ts'
import { CAXTON_ABI, CAXTON_EXPORTS, HANDLED, STATUS, STATUS_SENTENCES } from '../../src/capability/index.ts'
import { MESSAGE_FIELDS, MESSAGE_LIMITS } from '../../src/core/index.ts'
import type { Document } from './document.ts'
import { formatTable, GENERATED } from './document.ts'

/** What a module exports and imports to be an agent. */
export const ABI: Document = {
  path: 'docs/ABI.md',
  generate: () =>
    [
      `<!-- ${GENERATED} -->`,
      '',
      '# caxton ABI 1',
      '',
      'An agent is a core WebAssembly module that exports `handle_message`. Messages are JSON text in UTF-8. One message is',
      'handled at a time; while it is, nothing else runs in the instance. Programs that know nothing of this ABI read and write',
      'lines instead: see the door `stdio` below.',
      '',
      '## Exports',
      '',
      formatTable(
        ['export', 'type', 'needed', 'what it is'],
        CAXTON_EXPORTS.map((row) => [code(row.name), code(row.signature), row.required ? 'yes' : 'no', row.summary]),
      ),
      'What `handle_message` and `agent_init` answer:',
      '',
      formatTable(
        ['name', 'number'],
        Object.entries(HANDLED).map(([name, value]) => [code(name), value]),
      ),
      '## Messages',
      '',
      'A JSON object with these fields (FIPA00061). Only `performative` and `receiver` are needed; every other field that is not',
      `\`content\` is text of at most ${MESSAGE_LIMITS.fieldChars} characters. Up to ${MESSAGE_LIMITS.extraFields} further fields of such text may have names that begin`,
      'with `x-`; they arrive as they are. Any other field makes the message INVALID.',
      '',
      formatTable(
        ['field', 'what it is'],
        MESSAGE_FIELDS.map(({ name, sentence }) => [code(name), sentence]),
      ),
      `## Imports from module \`${CAXTON_ABI.name}\``,
      '',
      'Pointers and lengths are unsigned 32-bit numbers. A pointer outside the memory is answered with FAULT. A module that',
      'imports a function without holding its grant is refused before it starts. Fuel is what one call costs; work that',
      'depends on a length costs one unit a byte more.',
      '',
      ...CAXTON_ABI.functions.flatMap(describeFunction),
      ...STDIO,
      '## Status',
      '',
      'Functions that answer an i32 answer 0 or a length when it worked, and one of these when not.',
      '',
      formatTable(
        ['name', 'number', 'meaning'],
        (Object.entries(STATUS) as [StatusName, number][]).map(([name, value]) => [
          code(name),
          value,
          STATUS_SENTENCES[name],
        ]),
      ),
    ].join('\n'),
}

/** How a program without the ABI is an agent. */
const STDIO = [
  '## Programs instead: the door `stdio`',
  '',
  'A module that exports `_start` and no `handle_message` is an agent, too: a WASI preview 1 command in any language, unchanged. It runs',
  'once, from the start of the agent to its end.',
  '',
  '- **Input**: each message is one line of JSON on standard input, ended by a newline. Reading while there is none rests: it costs',
  '  nothing, and no time passes. `poll_oneoff` on standard input rests likewise, whatever its timeouts are.',
  '- **Output**: each line on standard output is sent as a message, as `send_message` would. A line that is refused (not JSON, another',
  '  sender, no grant, a full mailbox, longer than `message_bytes`) is reported as a refusal; the program is not told. Blank lines are',
  '  skipped. Output must be flushed: what the program keeps is not sent.',
  '- **Error output** is its log, by the grant `log`.',
  '- **Handling a message** begins when its line can be read and ends when the program wants the next line. Fuel, wall time and every',
  '  other limit for one message hold from line to line; what happens before the first read is the start of the agent. A message is handled',
  '  (status 0) when the next line is wanted; a program refuses one by answering `not-understood` or `refuse` itself.',
  '- **End**: when the system drains, standard input ends once every message is handled, and the program may still say something within one',
  '  more budget. Exit code 0, whenever it comes, stops the agent in good order; any other one, a trap or a limit is a failure, and the agent',
  '  is started anew if it is to be. Timers are no messages: a program has no handler for them.',
  '- **Arguments and environment**: `args` of the agent and the grant `env`; the program finds its file name before the arguments.',
  '',
]

function describeFunction(row: HostFunction<never>): string[] {
  const params = row.params.map(({ name, type }) => `${name}: ${type}`).join(', ')
  const grant = row.grant === null ? 'No grant is needed.' : `Grant: \`${row.grant}\`.`
  return [
    `### \`${row.name}(${params})${row.result === null ? '' : ` -> ${row.result}`}\``,
    '',
    row.summary,
    '',
    `${grant} Fuel: ${row.fuel}.`,
    '',
  ]
}

function code(text: string): string {
  return `\`${text}\``
}
