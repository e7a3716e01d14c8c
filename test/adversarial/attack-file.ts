import { readFileSync } from 'node:fs'
import { basename, dirname, extname } from 'node:path'
import binaryen from 'binaryen'
import type { AgentInput } from '../../src/index.ts'
import { assembleBytes } from './byte-text.ts'

/**
 * One attack: a guest with what it tries and what it must get, read from the comment at its beginning.
 *
 * ```wat
 * ;; What it tries, in a sentence or two.
 * ;; @expect ERR_LIMIT_FUEL
 * ;; @limits {"fuel": "1M"}
 * ```
 *
 * `@expect` is the code of an error, or `harmless`: the guest answers 0 and stays alive. It may be followed by `at deploy`:
 * then the agent does not start. `@messages` is how many messages the guest gets, 1 unless it says so. `@thread lost` says
 * that the thread may go with the guest: then its neighbours must be told. `@compile speed` puts it into a process of its own.
 */
export interface Attack {
  readonly suite: string
  readonly name: string
  readonly file: string
  readonly tries: string
  readonly expect: string
  readonly when: 'message' | 'deploy'
  readonly messages: number
  readonly mayLoseThread: boolean
  readonly options: Pick<AgentInput, 'limits' | 'grants' | 'config' | 'compile'>
  /** Makes the module. */
  assemble(): Uint8Array
}

const HEADER = /^;; (.*)$/
const FIELD = /^@(\w+) (.*)$/
const FIELDS = ['compile', 'expect', 'limits', 'grants', 'config', 'messages', 'thread']

binaryen.setDebugInfo(true)
/** What engines know: no proposal that would change how the module is encoded. */
const FEATURES = [
  'MVP Atomics MutableGlobals NontrappingFPToInt SIMD128 BulkMemory SignExt ExceptionHandling TailCall ReferenceTypes',
  'Multivalue GC Memory64 RelaxedSIMD ExtendedConst MultiMemory BulkMemoryOpt CallIndirectOverlong',
]
  .join(' ')
  .split(' ')
  .reduce((bits, name) => bits | binaryen.Features[name as 'MVP'], 0)

/** Reads an attack. Fails with the file and what is wrong with it. */
export function readAttack(file: string): Attack {
  const text = readFileSync(file, 'utf8')
  const { tries, fields } = readHeader(text)
  const unknown = [...fields.keys()].find((name) => !FIELDS.includes(name))
  if (unknown !== undefined) throw new TypeError(`${file}: unknown field @${unknown}`)
  const [, expect, when] = /^(harmless|ERR_[A-Z_]+)( at deploy)?$/.exec(fields.get('expect') ?? '') ?? []
  if (expect === undefined) throw new TypeError(`${file}: says what it expects in no line ';; @expect <code>'`)
  if (tries === '') throw new TypeError(`${file}: does not say what it tries`)
  return {
    suite: basename(dirname(file)),
    name: basename(file, extname(file)),
    file,
    tries,
    expect,
    when: when === undefined ? 'message' : 'deploy',
    messages: Number(fields.get('messages') ?? 1),
    mayLoseThread: fields.get('thread') === 'lost',
    options: {
      limits: JSON.parse(fields.get('limits') ?? '{}') as NonNullable<AgentInput['limits']>,
      grants: JSON.parse(fields.get('grants') ?? '{}') as NonNullable<AgentInput['grants']>,
      config: JSON.parse(fields.get('config') ?? '{}') as NonNullable<AgentInput['config']>,
      compile: (fields.get('compile') ?? 'start') as NonNullable<AgentInput['compile']>,
    },
    assemble: () => (extname(file) === '.bytes' ? assembleBytes(text) : assembleWat(expand(text))),
  }
}

function readHeader(text: string): { tries: string; fields: Map<string, string> } {
  const fields = new Map<string, string>()
  const sentences: string[] = []
  for (const line of text.split('\n')) {
    const comment = HEADER.exec(line)?.[1]
    if (comment === undefined) break
    const [, name, value] = FIELD.exec(comment) ?? []
    if (name === undefined) sentences.push(comment)
    else fields.set(name, value!)
  }
  return { tries: sentences.join(' '), fields }
}

/** Replaces `{{1000 * text}}` by a thousand times the text, in which `#` is the number of the repetition. */
function expand(text: string): string {
  return text.replace(/\{\{(\d+) \* (.*?)\}\}/gs, (_, count: string, repeated: string) =>
    Array.from({ length: Number(count) }, (_, index) => repeated.replaceAll('#', String(index))).join(''),
  )
}

function assembleWat(wat: string): Uint8Array {
  const module = binaryen.parseText(wat)
  module.setFeatures(FEATURES)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}
