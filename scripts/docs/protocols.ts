import type { Dialogue, Performative, Protocol } from '../../src/core/index.ts'
import { COMMON_ENDS } from '../../src/core/index.ts'
import { FIPA_PROTOCOLS } from '../../src/router/index.ts'
import type { Document } from './document.ts'
import { formatTable, GENERATED } from './document.ts'

/** Every interaction protocol, drawn from its table. */
export const PROTOCOLS_DOCUMENT: Document = {
  path: 'docs/PROTOCOLS.md',
  generate: () =>
    [
      `<!-- ${GENERATED} -->`,
      '',
      '# Interaction protocols',
      '',
      'A message that names a `protocol` puts its conversation under the table below of that name. From then on the runtime',
      'follows it: an act out of turn is answered with `not-understood` (ERR_PROTOCOL_TURN, with the state and what was expected)',
      'and reaches nobody. A name that is not known is refused in the same way, and so is a message of such a conversation that',
      'does not name it. Conversations that name no protocol are free.',
      '',
      'What holds in every dialogue and is no part of a table:',
      '',
      '- Either side may say `not-understood` until it has ended; that ends it.',
      '- The opener may `cancel` until it has ended. `inform` as the answer calls it off, `failure` says that it goes on. The answer',
      '  names the `reply_with` of the `cancel`; without one it is whatever names nothing. A `cancel` with a `reply_by` that nobody',
      '  answers in time ends it.',
      '- Whoever asks with `reply_with` is answered with that in `in_reply_to`: an answer that names nothing, or what was asked',
      '  earlier, is none (ERR_PROTOCOL_TURN with the `in_reply_to` that was expected).',
      '- `reply_by` sets the deadline that a state has. When it has passed, whoever set it is told by the act in the table, in the name',
      '  of the runtime (ERR_PROTOCOL_DEADLINE). `agree` answers and promises: the deadline goes on.',
      '- When one side is gone, or does not handle what it was sent, the other is told by `failure` (ERR_PROTOCOL_LOST).',
      `- Beside the ends of its table it may so end in ${COMMON_ENDS.map((end) => `\`${end}\``).join(', ')}: the last by a guard.`,
      '- Roles belong to a conversation: whoever takes no part in it cannot speak in it, and gets `not-understood`',
      '  (ERR_CONVERSATION_FOREIGN). Answers may go to whom `reply_to` of the question names.',
      '- A person (`human:<name>`) takes part like an agent: `caxton human` shows what may be answered in this turn. A `cancel` to a person is',
      '  confirmed by the runtime at once, by `inform`: the question goes from the list. A person answers nobody but who has asked, whatever',
      '  `reply_to` says (ERR_MESSAGE_REPLY_TO).',
      '- A broker or recruiter may ask by another protocol, such as a contract net, too: in a conversation of its own, which belongs to the',
      '  same undertaking.',
      '- Two agents have one dialogue in a conversation. A conversation has any number of participants, up to the limit in LIMITS.md.',
      '',
      'A system file adds protocols of its own in the same form, under `[protocols.<name>]`.',
      '',
      formatTable(
        ['protocol', 'source', 'what it is for'],
        FIPA_PROTOCOLS.map(({ name, source, summary }) => [`[${name}](#${name})`, source ?? '', summary]),
      ),
      ...FIPA_PROTOCOLS.flatMap(drawProtocol),
    ].join('\n'),
}

function drawProtocol({ name, summary, dialogues }: Protocol): string[] {
  return [`## ${name}`, '', summary, '', ...dialogues.flatMap(drawDialogue)]
}

function drawDialogue(dialogue: Dialogue): string[] {
  const { opener, partner, ends, late = {} } = dialogue
  const lates = Object.entries(late).map(([act, answer]) => `\`${act}\` is answered with \`${answer}\``)
  return [
    `**${opener} → ${partner}**, ends: ${ends.join(', ')}.`,
    ...(lates.length === 0
      ? []
      : [`After a deadline or the end, and as an answer to an earlier call, ${lates.join(', ')}.`]),
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> start',
    ...Object.entries(dialogue.states).flatMap(([state, rules]) => [
      ...drawActs(state, opener, rules.opener),
      ...drawActs(state, partner, rules.partner),
      ...(rules.deadline === undefined
        ? []
        : [`  ${state} --> ${rules.deadline.next}: deadline, ${rules.deadline.act} by the runtime`]),
    ]),
    ...ends.map((end) => `  ${end} --> [*]`),
    '```',
    '',
  ]
}

/** Draws one arrow for all acts of a role that lead to the same state. */
function drawActs(state: string, role: string, acts: Readonly<Partial<Record<Performative, string>>> = {}): string[] {
  const byNext = Map.groupBy(Object.entries(acts), ([, next]) => next)
  return [...byNext].map(
    ([next, entries]) => `  ${state} --> ${next}: ${role}, ${entries.map(([act]) => act).join(' / ')}`,
  )
}
