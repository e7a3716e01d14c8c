import { escapeText } from '../plain-text.ts'
import type { Arrow, Diagram } from './diagram.ts'

const COLUMN = 170
const ROW = 44
const TOP = 84
const MARGIN = 90
const NAME_CHARS = 22
const LABEL_CHARS = 44

const STYLE = `text{font:13px system-ui,sans-serif;fill:#1f2933}.name{font-weight:600}.time{fill:#7b8794;font-size:11px}
.life{stroke:#cbd2d9;stroke-dasharray:4 4}.arrow{stroke:#3e4c59;stroke-width:1.5;fill:none}.bad{stroke:#c81e1e}.bad-text{fill:#c81e1e}
.box{fill:#f5f7fa;stroke:#9aa5b1}`

/**
 * Draws a sequence diagram as an SVG document that stands for itself: no script, no link, nothing is loaded.
 * Whatever agents wrote is escaped.
 */
export function drawSvg(diagram: Diagram): string {
  const { participants, arrows, title } = diagram
  const width = MARGIN * 2 + COLUMN * Math.max(1, participants.length - 1)
  const bottom = TOP + ROW * (arrows.length + 1)
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${bottom + 20}" viewBox="0 0 ${width} ${bottom + 20}" role="img">`,
    `<title>${escapeMarkup(title)}</title>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#3e4c59"/></marker></defs>',
    ...participants.flatMap((name, column) => drawParticipant(name, column, bottom)),
    ...arrows.flatMap((arrow, row) => drawArrow(arrow, TOP + ROW * (row + 1) - 12)),
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

/** Puts a diagram into an HTML page; the page may load nothing. */
export function drawHtml(diagram: Diagram): string {
  const title = escapeMarkup(diagram.title)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>body{font:15px system-ui,sans-serif;margin:2rem;color:#1f2933}</style>
<h1>${title}</h1>
${drawSvg(diagram)}</html>
`
}

function drawParticipant(name: string, column: number, bottom: number): string[] {
  const x = columnX(column)
  return [
    `<line class="life" x1="${x}" y1="${TOP - 24}" x2="${x}" y2="${bottom}"/>`,
    `<rect class="box" x="${x - 75}" y="28" width="150" height="32" rx="6"/>`,
    `<text class="name" x="${x}" y="49" text-anchor="middle">${escapeMarkup(cut(name, NAME_CHARS))}</text>`,
  ]
}

function drawArrow({ from, to, label, afterMs, failed }: Arrow, y: number): string[] {
  const [start, end] = [columnX(from), columnX(to)]
  const line = failed ? 'arrow bad' : 'arrow'
  const path = from === to ? `M${start} ${y - 8}h34v16h-30` : `M${start} ${y}H${end - Math.sign(end - start)}`
  const at = from === to ? start + 42 : (start + end) / 2
  const anchor = from === to ? 'start' : 'middle'
  return [
    `<path class="${line}" d="${path}" marker-end="url(#tip)"/>`,
    `<text x="${at}" y="${y - 7}" text-anchor="${anchor}"${failed ? ' class="bad-text"' : ''}>${escapeMarkup(cut(label, LABEL_CHARS))}</text>`,
    `<text class="time" x="6" y="${y + 4}">+${Math.round(afterMs)} ms</text>`,
  ]
}

function columnX(column: number): number {
  return MARGIN + COLUMN * column
}

function cut(text: string, chars: number): string {
  const letters = [...text]
  return letters.length <= chars ? text : `${letters.slice(0, chars - 1).join('')}…`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeMarkup(text: string): string {
  return escapeText(text).replace(/[&<>"']/g, (mark) => ENTITIES[mark]!)
}
