import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { CAXTON_ABI } from '../../src/capability/index.ts'
import { WASI_PREVIEW1 } from '../../src/wasi/index.ts'

const GUEST = new URL('../../guests/all-imports.wat', import.meta.url)

/** Returns the imported functions of a text module, as `module.name(i32 i64) -> i32`. */
function readImports(text: string): string[] {
  const parsed = binaryen.parseText(text)
  try {
    return Array.from({ length: parsed.getNumFunctions() }, (_, index) => {
      const { module, base, params, results } = binaryen.getFunctionInfo(parsed.getFunctionByIndex(index))
      return `${module}.${base}(${nameTypes(params)}) -> ${nameTypes(results)}`
    })
  } finally {
    parsed.dispose()
  }
}

function nameTypes(types: number): string {
  const names = new Map([
    [binaryen.i32, 'i32'],
    [binaryen.i64, 'i64'],
    [binaryen.f32, 'f32'],
    [binaryen.f64, 'f64'],
  ])
  return binaryen
    .expandType(types)
    .map((type) => names.get(type))
    .join(' ')
}

test('guests/all-imports.wat imports every host function with its signature, and nothing else', () => {
  const offered = [CAXTON_ABI, WASI_PREVIEW1].flatMap((module) =>
    module.functions.map(
      ({ name, params, result }) =>
        `${module.name}.${name}(${params.map(({ type }) => type).join(' ')}) -> ${result ?? ''}`,
    ),
  )
  assert.deepEqual(readImports(readFileSync(GUEST, 'utf8')).sort(), offered.sort())
})
