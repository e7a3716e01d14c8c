import { CaxtonError } from '../core/index.ts'
import { ASSEMBLYSCRIPT } from './assemblyscript/assemblyscript.ts'
import { C, C_COMMAND, CPP, CPP_COMMAND } from './c/c.ts'
import { JAVASCRIPT, TYPESCRIPT } from './javascript/javascript.ts'
import type { Language } from './language.ts'

/** Every language a source can be written in. */
export const LANGUAGES: readonly Language[] = [C, CPP, ASSEMBLYSCRIPT, TYPESCRIPT, JAVASCRIPT, C_COMMAND, CPP_COMMAND]

/** Finds a language by its name, else by the longest ending of the file. @throws CaxtonError ERR_LANGUAGE_UNKNOWN */
export function findLanguage(path: string, name: string | undefined): Language {
  const found = name === undefined ? findByExtension(path) : LANGUAGES.find((language) => language.name === name)
  if (found !== undefined) return found
  const known = LANGUAGES.map(({ name: known, extensions }) =>
    extensions.length === 0 ? known : `${known} (${extensions.join(', ')})`,
  ).join(', ')
  const what = name === undefined ? path : JSON.stringify(name)
  throw new CaxtonError('ERR_LANGUAGE_UNKNOWN', { detail: `${what}; known are ${known}`, data: { file: path } })
}

function findByExtension(path: string): Language | undefined {
  const endings = LANGUAGES.flatMap((language) => language.extensions.map((extension) => ({ language, extension })))
  return endings
    .filter(({ extension }) => path.endsWith(extension))
    .sort((a, b) => b.extension.length - a.extension.length)[0]?.language
}
