import { CAXTON_ABI, GRANTS } from '../../src/capability/index.ts'
import type { Document } from './document.ts'
import { formatTable, GENERATED } from './document.ts'

/** Every grant with what it allows. */
export const CAPABILITIES: Document = {
  path: 'docs/CAPABILITIES.md',
  generate: () =>
    [
      `<!-- ${GENERATED} -->`,
      '',
      '# Grants',
      '',
      'An agent can do nothing it was not granted. Absent means none: there is no default that allows anything. In a system',
      'file, grants stand in the table `grants` of an agent.',
      '',
      formatTable(
        ['grant', 'example', 'what it allows', 'imports that need it'],
        Object.entries(GRANTS).map(([name, { example, sentence }]) => [
          `\`${name}\``,
          `\`${example}\``,
          sentence,
          CAXTON_ABI.functions
            .filter(({ grant }) => grant === name)
            .map((row) => `\`${row.name}\``)
            .join(', ') || '–',
        ]),
      ),
      'Answering the sender of the message being handled needs no grant. Without `log`, what an agent writes to standard output',
      'and error is dropped. Without `clock` and `random`, the functions of WASI for them answer an error.',
      '',
    ].join('\n'),
}
