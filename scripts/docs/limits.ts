import type { ConversationLimits, Limits, PersonLimits, RateName } from '../../src/core/index.ts'
import {
  CONVERSATION_LIMITS,
  DEFAULT_CIRCUIT,
  DEFAULT_CONVERSATION_LIMITS,
  DEFAULT_LIMITS,
  DEFAULT_PERSON_LIMITS,
  DEFAULT_WARN_SHARE,
  DIRECTORY_LIMITS,
  FILE_LIMITS,
  HOST_LIMITS,
  LIMITS,
  MESSAGE_LIMITS,
  MODULE_LIMITS,
  PERSON_LIMITS,
  RATE_LIMITS,
  TOPIC_LIMITS,
  WASI_LIMITS,
} from '../../src/core/index.ts'
import type { Document } from './document.ts'
import { formatTable, GENERATED } from './document.ts'

/** Every limit with its range and default. */
export const LIMITS_DOCUMENT: Document = {
  path: 'docs/LIMITS.md',
  generate: () =>
    [
      `<!-- ${GENERATED} -->`,
      '',
      '# Limits',
      '',
      'Nothing is unlimited: a limit that is not given has its default. In a system file, `limits = { memory = "32MiB" }`.',
      '',
      '## Of an agent',
      '',
      formatTable(
        ['limit', 'default', 'least', 'most', 'what it bounds'],
        (Object.keys(LIMITS) as (keyof Limits)[]).map((name) => {
          const { key, unit, min, max, sentence } = LIMITS[name]
          const write = (value: number) => formatExactly(value, unit)
          return [`\`${key}\``, write(DEFAULT_LIMITS[name]), write(min), write(max), sentence]
        }),
      ),
      `An agent that reaches a share of a limit, ${DEFAULT_WARN_SHARE} of it unless \`warn\` says another (0 is never), is reported by an event`,
      '`warning`, once until it has come down again.',
      '',
      '## Of an agent, over time',
      '',
      'None unless given: `fuel = "500M/s"`, or `fuel = { message = "50M", rate = "500M/s" }` where the limit for one message is',
      'given, too. A period is from 100ms to 24h. What a message uses is counted when it has ended, so that one message may go',
      'beyond; then the next one waits until that is made up for, the mailbox fills, and whoever writes is told so. With',
      '`over = "fail"` beside the rate the agent fails with ERR_LIMIT_RATE instead.',
      '',
      formatTable(
        ['limit', 'example', 'least', 'most', 'what it bounds'],
        (Object.keys(RATE_LIMITS) as RateName[]).map((name) => {
          const { min, max, example, sentence } = RATE_LIMITS[name]
          const { key, unit } = LIMITS[name]
          return [`\`${key}\``, `\`${example}\``, formatExactly(min, unit), formatExactly(max, unit), sentence]
        }),
      ),
      '## Of a conversation',
      '',
      'They hold for an undertaking: a conversation and all that are begun while its messages are handled, whatever their ids. Only',
      'the user, a timer or the start of an agent begins another. In a system file, `[conversations]` sets them, and',
      '`[conversations.protocols.<name>]` for undertakings that begin under that protocol. When one is exceeded the undertaking is',
      'stopped: nothing is sent in it any more, everybody who takes part is told once by a `failure` that says which one and why,',
      'and an event `guard` says so.',
      '',
      formatTable(
        ['limit', 'default', 'least', 'most', 'what it bounds'],
        (Object.keys(CONVERSATION_LIMITS) as (keyof ConversationLimits)[]).map((name) => {
          const { key, unit, min, max, sentence } = CONVERSATION_LIMITS[name]
          const write = (value: number) => formatExactly(value, unit)
          return [`\`${key}\``, write(DEFAULT_CONVERSATION_LIMITS[name]), write(min), write(max), sentence]
        }),
      ),
      `An agent that has not handled ${DEFAULT_CIRCUIT.failures} messages of one other in a row within ${formatExactly(DEFAULT_CIRCUIT.withinMs, 'ms')} gets none from it for`,
      `${formatExactly(DEFAULT_CIRCUIT.restMs, 'ms')} (ERR_GUARD_CIRCUIT); then one message decides. \`[conversations.circuit]\` sets \`failures\`, \`within\` and \`rest\`.`,
      '',
      '## Of a person',
      '',
      'Of what waits for one person, under `[people.<name>]`. Beyond the first two and the last a message is answered with `refuse`',
      '(ERR_LIMIT_MAILBOX), a larger one with `failure` (ERR_LIMIT_MESSAGE_BYTES).',
      '',
      formatTable(
        ['limit', 'default', 'least', 'most', 'what it bounds'],
        (Object.keys(PERSON_LIMITS) as (keyof PersonLimits)[]).map((name) => {
          const { key, unit, min, max, sentence } = PERSON_LIMITS[name]
          const write = (value: number) => formatExactly(value, unit)
          return [`\`${key}\``, write(DEFAULT_PERSON_LIMITS[name]), write(min), write(max), sentence]
        }),
      ),
      '## Of the parts of a message',
      '',
      'A message beyond one of them is not sent: INVALID.',
      '',
      formatPlain(MESSAGE_LIMITS),
      '## Of the directory',
      '',
      'Beyond the number of properties, or the length of a name or text, an offer or a filter is TOO_LARGE; beyond what may be offered, LIMIT.',
      '',
      formatPlain(DIRECTORY_LIMITS),
      '## Of topics',
      '',
      'Beyond them a name or pattern is INVALID or TOO_LARGE, a subscription LIMIT, and a value to be retained is answered by a `refuse`.',
      '',
      formatPlain(TOPIC_LIMITS),
      '## Of a module',
      '',
      'Checked while the module is read, before anything is allocated. A module beyond one of them is refused with',
      'ERR_WASM_LIMIT.',
      '',
      formatPlain(MODULE_LIMITS),
      '## Of files',
      '',
      'Of a WASI program that is granted files. Beyond the bytes and files of its grant a call is answered with NOSPC, beyond the others',
      'with NAMETOOLONG, MLINK, LOOP, MFILE and NFILE, in their order.',
      '',
      formatPlain({
        nameBytes: FILE_LIMITS.nameBytes,
        pathBytes: WASI_LIMITS.pathBytes,
        depth: FILE_LIMITS.depth,
        links: FILE_LIMITS.links,
        descriptors: WASI_LIMITS.descriptors,
        hostDescriptors: FILE_LIMITS.hostDescriptors,
        hostDescriptorsPerThread: FILE_LIMITS.hostDescriptorsPerThread,
        grants: FILE_LIMITS.grants,
        memoryBytes: FILE_LIMITS.memoryBytes.max,
        hostBytes: FILE_LIMITS.hostBytes.max,
        files: FILE_LIMITS.files.max,
      }),
      '## Of the host',
      '',
      formatPlain(HOST_LIMITS),
    ].join('\n'),
}

function formatPlain(limits: Readonly<Record<string, number>>): string {
  return formatTable(
    ['limit', 'value'],
    Object.entries(limits).map(([name, value]) => [
      name,
      formatExactly(value, name.endsWith('Bytes') ? 'bytes' : 'count'),
    ]),
  )
}

/** Writes a value as it can be written in a system file, without losing a digit. */
function formatExactly(value: number, unit: 'bytes' | 'ms' | 'count'): string {
  if (unit === 'ms') return value % 1_000 === 0 ? `${value / 1_000} s` : `${value} ms`
  if (unit === 'count') return value.toLocaleString('en-US')
  for (const [size, name] of [
    [2 ** 30, 'GiB'],
    [2 ** 20, 'MiB'],
    [2 ** 10, 'KiB'],
  ] as const) {
    if (value >= size && value % size === 0) return `${value / size} ${name}`
  }
  return `${value.toLocaleString('en-US')} bytes`
}
