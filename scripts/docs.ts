/**
 * Writes the documents and SDK files that are made from tables in the sources.
 * `--check` writes nothing and fails, naming each file that is not current.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ABI } from './docs/abi.ts'
import { ASSEMBLYSCRIPT_IMPORTS } from './docs/assemblyscript-imports.ts'
import { C_HEADER } from './docs/c-header.ts'
import { CAPABILITIES } from './docs/capabilities.ts'
import type { Document } from './docs/document.ts'
import { ERRORS_DOCUMENT } from './docs/errors.ts'
import { LIMITS_DOCUMENT } from './docs/limits.ts'
import { PROTOCOLS_DOCUMENT } from './docs/protocols.ts'
import { TYPESCRIPT_TYPES } from './docs/typescript-types.ts'

export const DOCUMENTS: readonly Document[] = [
  ABI,
  CAPABILITIES,
  ERRORS_DOCUMENT,
  LIMITS_DOCUMENT,
  PROTOCOLS_DOCUMENT,
  C_HEADER,
  ASSEMBLYSCRIPT_IMPORTS,
  TYPESCRIPT_TYPES,
]

const ROOT = join(import.meta.dirname, '..')

/** Returns the paths whose files are not what the tables say. */
export function findStaleDocuments(): string[] {
  return DOCUMENTS.filter(({ path, generate }) => readText(join(ROOT, path)) !== generate()).map(({ path }) => path)
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function writeDocuments(): void {
  for (const { path, generate } of DOCUMENTS) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), generate())
  }
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) {
    writeDocuments()
  } else {
    for (const path of findStaleDocuments()) {
      console.error(`${path} is not current: run \`npm run docs\``)
      process.exitCode = 1
    }
  }
}
