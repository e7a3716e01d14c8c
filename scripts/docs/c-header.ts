import type { HostFunction, StatusName, ValueType } from '../../src/capability/index.ts'
import { CAXTON_ABI, HANDLED, LOG_LEVELS, PUBLISH_FLAGS, STATUS, STATUS_SENTENCES } from '../../src/capability/index.ts'
import { PERFORMATIVES } from '../../src/core/index.ts'
import type { Document } from './document.ts'
import { GENERATED, toConstantName, wrapWords } from './document.ts'

const C_TYPES: Readonly<Record<ValueType, string>> = { i32: 'int32_t', i64: 'int64_t', f32: 'float', f64: 'double' }

/** The bare ABI for C: imports, constants, the export macro. */
export const C_HEADER: Document = {
  path: 'sdk/c/caxton_abi.h',
  generate: () =>
    [
      `/* ${GENERATED} */`,
      '#ifndef CAXTON_ABI_H',
      '#define CAXTON_ABI_H',
      '',
      '#include <stddef.h>',
      '#include <stdint.h>',
      '',
      '/* Puts before a function: the module exports it under this name. */',
      '#define CAXTON_EXPORT(name) __attribute__((export_name(#name), used))',
      `#define CAXTON_IMPORT(name) __attribute__((import_module("${CAXTON_ABI.name}"), import_name(#name)))`,
      '',
      '/* What handle_message and agent_init answer. Every other number is a failure. */',
      ...Object.entries(HANDLED).map(([name, value]) => `#define CAXTON_${name} ${value}`),
      '',
      '/* What the host answers when it did not work. */',
      ...(Object.entries(STATUS) as [StatusName, number][])
        .filter(([name]) => name !== 'OK')
        .flatMap(([name, value]) => [
          ...wrapWords(STATUS_SENTENCES[name], 100).map((line) => `/* ${line} */`),
          `#define CAXTON_${name} (${value})`,
        ]),
      '',
      '/* Levels for caxton_log. */',
      ...LOG_LEVELS.map((name, level) => `#define CAXTON_${name.toUpperCase()} ${level}`),
      '',
      '/* Flags of caxton_publish. */',
      ...Object.entries(PUBLISH_FLAGS).map(([name, value]) => `#define CAXTON_PUBLISH_${name} ${value}`),
      '',
      '/* The communicative acts of FIPA00037. */',
      ...PERFORMATIVES.map((name) => `#define CAXTON_ACT_${toConstantName(name)} "${name}"`),
      '',
      '#ifdef __cplusplus',
      'extern "C" {',
      '#endif',
      ...CAXTON_ABI.functions.flatMap(declareFunction),
      '',
      '#ifdef __cplusplus',
      '}',
      '#endif',
      '',
      '#endif',
      '',
    ].join('\n'),
}

function declareFunction(row: HostFunction<never>): string[] {
  const params = row.params.map(({ name, type }) => declareParameter(name, type)).join(', ')
  const comment = row.grant === null ? row.summary : `${row.summary} Needs the grant \`${row.grant}\`.`
  return [
    '',
    '/*',
    ...wrapWords(comment, 116).map((line) => ` * ${line}`),
    ' */',
    `CAXTON_IMPORT(${row.name}) ${row.result === null ? 'void' : C_TYPES[row.result]} caxton_${row.name}(${params || 'void'});`,
  ]
}

/** The names of the descriptors say what a 32-bit number is: `_ptr` an address, `_len` and `_capacity` a size. */
function declareParameter(name: string, type: ValueType): string {
  if (type === 'i32' && name.startsWith('out_ptr')) return `char *${name}`
  if (type === 'i32' && name.endsWith('_ptr')) return `const char *${name}`
  if (type === 'i32' && /_(?:len|capacity)$/.test(name)) return `size_t ${name}`
  return `${C_TYPES[type]} ${name}`
}
