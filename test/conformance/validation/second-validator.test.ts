import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { isCaxtonError } from '../../../src/core/index.ts'
import { instrumentModule } from '../../../src/instrument/index.ts'
import { rewriteModule } from '../../../src/instrument/instrumentation.ts'
import { readModule } from '../../../src/wasm/index.ts'
import { readAttack } from '../../adversarial/attack-file.ts'
import { listFiles, nameOf } from '../../adversarial/suites.ts'
import { makeCase } from '../../fuzz/case.ts'
import { WasmOpt } from '../../fuzz/translate-to-fuzz.ts'
import { assemble, assembleWithBinaryen } from '../spec/assembler.ts'
import { parseScript } from '../spec/script.ts'
import { askBinaryen } from './second-validator.ts'

const RULES = { memoryMaxBytes: 2 ** 30, tableMaxElements: 10_000_000 }
const FUZZ_CASES = 150
const REAL = ['node_modules/quickjs-wasi/quickjs.wasm', 2, 3, 4].map((module) =>
  typeof module === 'string' ? module : `node_modules/@yowasp/clang/gen/llvm.core${module}.wasm`,
)

/** Guests whose own module binaryen does not read, or not in a reasonable time: V8 alone is asked about them. */
const NOT_ASKED: Readonly<Record<string, string>> = {
  'code-size/compile-bomb-for-speed': 'binaryen takes seconds for its tables of branches',
  'code-size/name-counts': 'its section of names lies about counts, which binaryen believes',
  'code-size/straight-line': 'binaryen takes ten seconds for its one function of seven megabytes',
}

/** Both validators take what the rewriter makes of a module; whether it made something. */
function check(name: string, bytes: Uint8Array<ArrayBuffer>, rewrite: (bytes: Uint8Array) => Uint8Array): boolean {
  if (!WebAssembly.validate(bytes)) return false
  let rewritten: Uint8Array
  try {
    rewritten = rewrite(bytes)
  } catch (error) {
    assert.ok(isCaxtonError(error), `${name}: ${error}`)
    return false
  }
  assert.ok(WebAssembly.validate(rewritten), `${name}: V8 refuses it`)
  if (NOT_ASKED[name] === undefined) assert.equal(askBinaryen(rewritten), 'valid', name)
  return true
}

function instrument(bytes: Uint8Array): Uint8Array {
  return instrumentModule(bytes, RULES).bytes
}

/** Scripts of the specification import what agents may not. */
function rewriteAny(bytes: Uint8Array): Uint8Array {
  return rewriteModule(readModule(bytes), RULES).bytes
}

suite('what the rewriter makes is valid to V8 and to binaryen', () => {
  test('of every guest that attacks', () => {
    const files = listFiles()
    const made = files.filter((file) => check(nameOf(file), Uint8Array.from(readAttack(file).assemble()), instrument))
    assert.ok(made.length > 0.75 * files.length, `${made.length} of ${files.length}`)
  })

  test('of the guest that imports everything, and of real programs', () => {
    const wat = readFileSync('guests/all-imports.wat', 'utf8')
    assert.ok(check('all-imports', Uint8Array.from(assembleWithBinaryen(wat)), instrument))
    for (const file of REAL) assert.ok(check(file, Uint8Array.from(readFileSync(file)), rewriteAny), file)
  })

  test('of every module in the scripts of the specification that are kept here, which use every feature', async () => {
    let made = 0
    for (const file of readdirSync('test/conformance/spec/cases')) {
      for (const command of parseScript(readFileSync(`test/conformance/spec/cases/${file}`, 'utf8'))) {
        if (command.kind !== 'module') continue
        const bytes = await assemble(command.source, assembleWithBinaryen)
        if (bytes !== null && check(`${file}:${command.line}`, bytes, rewriteAny)) made += 1
      }
    }
    assert.ok(made >= 20, `${made}`)
  })

  suite('of random modules', () => {
    let wasmOpt: WasmOpt
    before(async () => {
      wasmOpt = await WasmOpt.load()
    })
    after(() => wasmOpt.close())

    test('control flow, modules of binaryen, and mutants of both', () => {
      let made = 0
      for (let seed = 1; seed <= FUZZ_CASES; seed++) {
        const found = makeCase(seed, wasmOpt)
        if (found !== null && check(`seed ${seed}, ${found.kind}`, found.bytes, rewriteAny)) made += 1
      }
      assert.ok(made > 0.6 * FUZZ_CASES, `${made} of ${FUZZ_CASES}`)
    })
  })
})

test('what binaryen is not asked about it does not read as it was, either, or is named with its reason', () => {
  const file = listFiles().find((name) => nameOf(name) === 'code-size/name-counts')
  assert.equal(askBinaryen(readAttack(file!).assemble()), 'unreadable')
  for (const name of Object.keys(NOT_ASKED)) assert.ok(listFiles().some((known) => nameOf(known) === name))
})

test('a module that is not valid is found', () => {
  const valid = assembleWithBinaryen('(module (func (result i32) (i32.const 1)))')
  assert.equal(askBinaryen(valid), 'valid')
  const [body] = readModule(valid).code.offsets
  assert.equal(askBinaryen(Uint8Array.from(valid).with(body! + 1, 0x42)), 'invalid')
})
