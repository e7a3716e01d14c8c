import { ERRORS, EXIT_CODES } from '../../src/core/index.ts'
import type { Document } from './document.ts'
import { formatTable, GENERATED } from './document.ts'

/** Every error with what it means and where it shows. */
export const ERRORS_DOCUMENT: Document = {
  path: 'docs/ERRORS.md',
  generate: () =>
    [
      `<!-- ${GENERATED} -->`,
      '',
      '# Errors',
      '',
      'Match errors by code. The kind says who can act: the `caller`, the author of the `guest`, whoever sets a `limit` or gives',
      'what was `denied`, or the operator of the `system`. The status is what a server answers, the exit code what a command',
      'ends with. `data` carries the facts of an error as fields.',
      '',
      formatTable(
        ['code', 'kind', 'status', 'exit code', 'meaning'],
        Object.entries(ERRORS).map(([code, { kind, status, message }]) => [
          `\`${code}\``,
          kind,
          status,
          EXIT_CODES[kind],
          `${message}.`,
        ]),
      ),
    ].join('\n'),
}
