import { styleText } from 'node:util'

export type Tone = 'plain' | 'dim' | 'bold' | 'good' | 'bad' | 'warn' | 'name'

/** Gives text its tone. Works on text that is laid out already, so it never changes a width. */
export type Paint = (tone: Tone, text: string) => string

const FORMATS = {
  dim: 'dim',
  bold: 'bold',
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  name: 'cyan',
} as const

/** For files, pipes and tests. */
export const NO_PAINT: Paint = (_tone, text) => text

/** Paints for a stream: in colour only where it is a terminal and neither `NO_COLOR` nor `NODE_DISABLE_COLORS` is set. */
export function createPaint(stream: NodeJS.WritableStream): Paint {
  return (tone, text) => (tone === 'plain' || text.trim() === '' ? text : styleText(FORMATS[tone], text, { stream }))
}
