import { toDraft } from './core/index.ts'
import type { PersonAnswer } from './people.ts'
import type { HumanAnswer, People } from './router/index.ts'
import type { InboxEntry } from './store/index.ts'

/** Kinds of what commands leave for people. */
export const ANSWER = 'answer'
export const DISMISS = 'dismiss'

/** What a command leaves as an answer. */
export interface LeftAnswer extends PersonAnswer {
  /** Of the message that is answered. */
  readonly id: string
  readonly by: string
}

/** Checks what a person says, as any message is checked. @throws CaxtonError ERR_MESSAGE_INVALID */
export function readAnswer({ performative, content }: PersonAnswer): HumanAnswer {
  const draft = toDraft({ performative, receiver: 'user', ...(content === undefined ? {} : { content }) })
  return {
    performative: draft.performative,
    ...(draft.content === undefined ? {} : { content: draft.content }),
  }
}

/** Does what a command has left for a person; nothing for another kind. @throws CaxtonError what `People.answer` and `dismiss` throw */
export function takeLeft(people: People, { kind, body, madeMs }: InboxEntry): void {
  if (kind === DISMISS) people.dismiss(body)
  if (kind !== ANSWER) return
  const { id, by, ...answer } = JSON.parse(body) as LeftAnswer
  people.answer(id, readAnswer(answer), { by, atMs: madeMs })
}
