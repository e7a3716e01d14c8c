import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import binaryen from 'binaryen'
import { runProgram } from './run-system.ts'

const folder = mkdtempSync(join(tmpdir(), 'caxton-bad-input-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const write = (name: string, contents: string | Uint8Array) => writeFileSync(join(folder, name), contents)
const assemble = (wat: string) => binaryen.parseText(wat).emitBinary()
const AGENT = `(memory (export "memory") 1)
  (func (export "caxton_alloc") (param i32) (result i32) (i32.const 0))
  (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0))`

write('good.wasm', assemble(`(module ${AGENT})`))
write('deaf.wasm', assemble('(module (memory (export "memory") 1) (func (export "handle_message") (param i32 i32)))'))
write('malformed.wasm', Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 0xff))
write('wanting.wasm', assemble(`(module (import "env" "open_door" (func)) ${AGENT})`))
write('curious.wasm', assemble(`(module (import "caxton" "now_micros" (func (result i64))) ${AGENT})`))
write('broken.c', '#include <caxton.h>\n\nint caxton_handle(const caxton_message *message) { return missing; }\n')
write('broken.as.ts', 'export function handleMessage(): string { return 1 }\n')
write('broken.ts', 'export function handleMessage( {\n')

interface BadInput {
  readonly name: string
  readonly system: string
  readonly args?: readonly string[]
  readonly code: string
  readonly kind: number
  /** What the error must say besides its code. */
  readonly says: readonly RegExp[]
}

const one = (program: string) => `name = "x"\n[agents.one]\n${program}\n`

const BAD_INPUTS: readonly BadInput[] = [
  {
    name: 'an unknown key',
    system: one('module = "good.wasm"\nmemroy = "1MiB"'),
    code: 'ERR_CONFIG_INVALID',
    kind: 64,
    says: [/unknown-key\.toml:4: agents\.one\.memroy: is not a known key/],
  },
  {
    name: 'a wrong type',
    system: one('module = "good.wasm"\nlimits = { fuel = true }'),
    code: 'ERR_CONFIG_INVALID',
    kind: 64,
    says: [/wrong-type\.toml:4: agents\.one\.limits\.fuel: /],
  },
  {
    name: 'missing files, together with everything else',
    system: `${one('module = "none.wasm"')}[agents.two]\nsource = "none.c"\nlimits = { wall = "soon" }\n`,
    code: 'ERR_CONFIG_INVALID',
    kind: 64,
    says: [/toml:3: agents\.one\.module: .*does not exist/, /toml:5: agents\.two\.source: /, /toml:6: .*wall/],
  },
  {
    name: 'a name given twice',
    system: `${one('module = "good.wasm"')}[agents.one]\nmodule = "good.wasm"\n`,
    code: 'ERR_CONFIG_SYNTAX',
    kind: 64,
    says: [/given-twice\.toml:\d/],
  },
  {
    name: 'a module without the exports it needs',
    system: one('module = "deaf.wasm"'),
    code: 'ERR_MODULE_EXPORT_MISSING',
    kind: 65,
    says: [/agent 'one' \(.*deaf\.wasm\)/, /caxton_alloc/, /handle_message/],
  },
  {
    name: 'a malformed module',
    system: one('module = "malformed.wasm"'),
    code: 'ERR_WASM_MALFORMED',
    kind: 65,
    says: [/malformed\.wasm/, /0x9|0xa/],
  },
  {
    name: 'a module that imports what nobody offers',
    system: one('module = "wanting.wasm"'),
    code: 'ERR_MODULE_IMPORT_UNKNOWN',
    kind: 65,
    says: [/wanting\.wasm/, /env\.open_door/],
  },
  {
    name: 'a module that lacks a grant',
    system: one('module = "curious.wasm"'),
    code: 'ERR_GRANT_MISSING',
    kind: 77,
    says: [/curious\.wasm/, /now_micros/, /clock = "1ms"/],
  },
  {
    name: 'C that does not compile',
    system: one('source = "broken.c"'),
    code: 'ERR_LANGUAGE_BUILD_FAILED',
    kind: 64,
    says: [/broken\.c:3:\d+: error: use of undeclared identifier 'missing'/],
  },
  {
    name: 'AssemblyScript that does not compile',
    system: one('source = "broken.as.ts"'),
    code: 'ERR_LANGUAGE_BUILD_FAILED',
    kind: 64,
    says: [/broken\.as\.ts/],
  },
  {
    name: 'TypeScript that does not parse',
    system: one('source = "broken.ts"'),
    code: 'ERR_LANGUAGE_BUILD_FAILED',
    kind: 64,
    says: [/broken\.ts/],
  },
  {
    name: 'an input file that does not exist',
    system: `${one('module = "good.wasm"')}[[send]]\nto = "one"\nperformative = "inform"\ncontent_from = "input"\n`,
    args: ['--input', join(folder, 'none.txt')],
    code: 'ERR_CONFIG_INVALID',
    kind: 64,
    says: [/none\.txt/],
  },
]

for (const { name, system, args = [], code, kind, says } of BAD_INPUTS) {
  test(`${name} gives one error that says what, where and what to do next, and starts nothing`, async () => {
    const file = `${name
      .replace(/^(?:an?|the) |[^a-zA-Z ]/g, '')
      .replaceAll(' ', '-')
      .replace('a-name-', '')}.toml`
    write(file, system)
    const { exitCode, stdout, stderr } = await runProgram('run', join(folder, file), ...args)
    assert.equal(exitCode, kind, stderr)
    assert.ok(stderr.includes(`${code}: `), stderr)
    for (const pattern of says) assert.match(stderr, pattern)
    assert.match(stderr, /\nnext: ./)
    assert.equal(stdout, '')
  })
}

test('with --json the same errors are one line of JSON', async () => {
  write('json.toml', one('module = "wanting.wasm"'))
  const { stderr, exitCode } = await runProgram('run', join(folder, 'json.toml'), '--json')
  const { error } = JSON.parse(stderr) as { error: { code: string; data: { agent: string; file: string } } }
  assert.equal(error.code, 'ERR_MODULE_IMPORT_UNKNOWN')
  assert.equal(error.data.agent, 'one')
  assert.equal(error.data.file, join(folder, 'wanting.wasm'))
  assert.equal(exitCode, 65)
})
