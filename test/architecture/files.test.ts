import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { LAYERS } from './layers.ts'

/** Files that are tables and may be long. */
const TABLES: readonly string[] = ['src/wasm/opcodes.ts']
const FILE_LINES = 400
const DOOR_LINES = 40

const sources = globSync('src/**/*.ts').filter((file) => !file.endsWith('.test.ts'))

function lineCount(file: string): number {
  return readFileSync(file, 'utf8').split('\n').length - 1
}

test('every folder of src has its row in the import law', () => {
  const folders = readdirSync('src', { withFileTypes: true }).filter((entry) => entry.isDirectory())
  assert.deepEqual(
    folders.map(({ name }) => name).filter((name) => LAYERS[name] === undefined),
    [],
  )
})

test(`no file but a table has more than ${FILE_LINES} lines`, () => {
  assert.deepEqual(
    sources.filter((file) => !TABLES.includes(file) && lineCount(file) > FILE_LINES),
    [],
  )
})

test(`no door has more than ${DOOR_LINES} lines`, () => {
  assert.deepEqual(
    sources.filter((file) => basename(file) === 'index.ts' && lineCount(file) > DOOR_LINES),
    [],
  )
})

test('nothing but a CaxtonError is thrown', () => {
  const BARE = /\b(?:throw\s+['"`]|new (?:Error|TypeError|RangeError|SyntaxError)\()/
  assert.deepEqual(
    sources.filter((file) => BARE.test(readFileSync(file, 'utf8').replaceAll(/^\s*(?:\*|\/\/).*$/gm, ''))),
    [],
  )
})

test('names say what a thing is', () => {
  const EMPTY_WORDS = /(?:^|[-/])(?:util|utils|helper|helpers|manager|misc|common|impl)(?:[-.]|$)/
  assert.deepEqual(
    sources.filter((file) => EMPTY_WORDS.test(file)),
    [],
  )
  assert.deepEqual(
    sources.filter((file) => basename(file) !== basename(file).toLowerCase()),
    [],
  )
})
