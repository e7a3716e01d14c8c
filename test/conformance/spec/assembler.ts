import binaryen from 'binaryen'
import type { Source } from './script.ts'

/** Turns the text of a module into its bytes; throws or rejects for text it does not take. */
export type Assembler = (text: string) => Uint8Array | Promise<Uint8Array>

const { All, CompactImports }: Readonly<Record<string, number | string>> = binaryen.Features
/** All but an encoding of imports that V8 does not read. */
const FEATURES = Number(All) & ~Number(CompactImports)

/** Binaryen reads the text into a tree of its own: the bytes do the same, but are not the ones the text spells out. */
export function assembleWithBinaryen(text: string): Uint8Array {
  const module = binaryen.parseText(text)
  try {
    module.setFeatures(FEATURES)
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

/** Bytes of a module, or null if neither the assembler nor binaryen takes its text. */
export async function assemble(source: Source, assembler: Assembler): Promise<Uint8Array<ArrayBuffer> | null> {
  if (source.form === 'binary') return source.bytes
  // What is quoted may be wrong on purpose, and a second assembler may be more generous than the text format is.
  for (const attempt of source.quoted ? [assembler] : [assembler, assembleWithBinaryen]) {
    try {
      return Uint8Array.from(await attempt(source.text))
    } catch {
      // The next one may take it.
    }
  }
  return null
}
