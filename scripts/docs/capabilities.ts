import { CAXTON_ABI, GRANTS } from '../../src/capability/index.ts'
import { WASI_PREVIEW1 } from '../../src/wasi/index.ts'
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
        ['grant', 'example', 'what it allows', 'imports that need it', 'imports that get less without it'],
        Object.entries(GRANTS).map(([name, { example, sentence }]) => [
          `\`${name}\``,
          `\`${example}\``,
          sentence,
          list(CAXTON_ABI.functions.filter(({ grant }) => grant === name)),
          list([...CAXTON_ABI.functions, ...WASI_PREVIEW1.functions].filter(({ uses }) => uses === name)),
        ]),
      ),
      'Answering the sender of the message being handled needs no grant. Without `log`, what an agent writes to standard output',
      'and error is dropped. Without `clock` and `random`, the functions of WASI for them answer from fixed, documented sources.',
      '`caxton inspect --grants` tells which of these a module asks for, and by which imports.',
      '',
    ].join('\n'),
}

function list(functions: readonly { readonly name: string }[]): string {
  return functions.map(({ name }) => `\`${name}\``).join(', ') || '–'
}
