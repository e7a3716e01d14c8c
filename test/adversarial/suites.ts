import { globSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

/** Where the guests are: one folder for each suite, one file for each attack. */
export const GUESTS = join(import.meta.dirname, '../../guests/attacks')

/** Lists the files of a suite, or of all of them, in order. */
export function listFiles(suite = '*'): string[] {
  return globSync(join(GUESTS, suite, '*.{wat,bytes}')).sort()
}

/** Lists the suites there are. */
export function listSuites(): string[] {
  return [...new Set(listFiles().map((file) => basename(dirname(file))))]
}

/** Name of the attack in a file: `fuel/br-table-maze`. */
export function nameOf(file: string): string {
  return `${basename(dirname(file))}/${basename(file, extname(file))}`
}
