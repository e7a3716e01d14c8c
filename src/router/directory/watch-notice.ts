import type { Message } from '../../core/index.ts'
import { completeDraft, RUNTIME_NAME } from '../../core/index.ts'
import type { WatchNotice } from './watches.ts'

/** Ontology of the notices that tell of changes. */
export const DIRECTORY_ONTOLOGY = 'caxton-directory'

/** Makes the message by which the runtime tells an agent what has changed in the directory. */
export function createWatchNotice(agent: string, messageId: string, notice: WatchNotice): Message {
  const draft = {
    performative: 'inform',
    receiver: agent,
    ontology: DIRECTORY_ONTOLOGY,
    content: JSON.stringify(notice),
  } as const
  return completeDraft(draft, RUNTIME_NAME, messageId)
}
