import type { HostFunction, StatusName, ValueType } from '../../src/capability/index.ts'
import { CAXTON_ABI, HANDLED, LOG_LEVELS, PUBLISH_FLAGS, STATUS, STATUS_SENTENCES } from '../../src/capability/index.ts'
import { PERFORMATIVES } from '../../src/core/index.ts'
import type { Document } from './document.ts'
import { GENERATED, toConstantName, wrapWords } from './document.ts'

/** The bare ABI for AssemblyScript: imports and constants. */
export const ASSEMBLYSCRIPT_IMPORTS: Document = {
  path: 'sdk/assemblyscript/caxton_abi.ts',
  generate: () =>
    [
      `// ${GENERATED}`,
      '',
      '// What handleMessage and init answer. Every other number is a failure.',
      ...Object.entries(HANDLED).map(([name, value]) => `export const ${name}: i32 = ${value}`),
      '',
      ...(Object.entries(STATUS) as [StatusName, number][])
        .filter(([name]) => name !== 'OK')
        .flatMap(([name, value]) => [`/** ${STATUS_SENTENCES[name]} */`, `export const ${name}: i32 = ${value}`]),
      '',
      '// Levels of the log.',
      ...LOG_LEVELS.map((name, level) => `export const ${name.toUpperCase()}: i32 = ${level}`),
      '',
      '// Flags of publish.',
      ...Object.entries(PUBLISH_FLAGS).map(([name, value]) => `export const PUBLISH_${name}: i32 = ${value}`),
      '',
      '/** The communicative acts of FIPA00037. */',
      'export namespace Act {',
      ...PERFORMATIVES.map((name) => `  export const ${toConstantName(name)}: string = "${name}"`),
      '}',
      ...CAXTON_ABI.functions.flatMap(declareFunction),
      '',
    ].join('\n'),
}

function declareFunction(row: HostFunction<never>): string[] {
  const params = row.params.map(({ name, type }) => `${name}: ${toType(name, type)}`).join(', ')
  const comment = row.grant === null ? row.summary : `${row.summary} Needs the grant \`${row.grant}\`.`
  return [
    '',
    '/**',
    ...wrapWords(comment, 116).map((line) => ` * ${line}`),
    ' */',
    '// @ts-ignore: decorator',
    `@external("${CAXTON_ABI.name}", "${row.name}")`,
    `export declare function ${row.name}(${params}): ${row.result ?? 'void'}`,
  ]
}

function toType(name: string, type: ValueType): string {
  return type === 'i32' && /(?:_|^)ptr$/.test(name) ? 'usize' : type
}
