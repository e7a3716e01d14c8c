import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedMessage } from '../../index.ts'
import { NO_PAINT } from '../paint.ts'
import { columnsOf } from '../plain-text.ts'
import { layOut, MAX_ARROWS, MAX_PARTICIPANTS } from './diagram.ts'
import { drawHtml, drawSvg } from './svg.ts'
import { drawText } from './text.ts'

function message(sender: string, receiver: string, performative: string, atMs: number, error?: string): LoggedMessage {
  const end = error === undefined ? null : { atMs, agent: receiver, status: -1, fuel: 0, error, detail: null }
  const header = {
    id: 'm',
    conversation: 'c',
    sequence: null,
    cause: null,
    protocol: null,
    content: undefined,
    copyFor: null,
  }
  return { ...header, sender, receiver, performative, atMs, end }
}

const MESSAGES = [
  message('user', 'a', 'request', 100),
  message('a', 'c', 'cfp', 103),
  message('c', 'a', 'propose', 104),
  message('a', 'a', 'inform', 105),
  message('a', 'c', 'cancel', 106, 'ERR_X'),
]
const SCREEN = { columns: 60, paint: NO_PAINT }

test('what is published goes to its topic, and from there to each subscriber', () => {
  const publication = message('feed', 'topic:t', 'inform', 0)
  const copies = ['a', 'b'].map((copyFor) => ({ ...publication, copyFor }))
  const { participants, arrows } = layOut('t', [publication, ...copies])
  assert.deepEqual(participants, ['feed', 'topic:t', 'a', 'b'])
  assert.deepEqual(
    arrows.map(({ from, to }) => [from, to]),
    [
      [0, 1],
      [1, 2],
      [1, 3],
    ],
  )
})

test('a conversation is drawn for a terminal', () => {
  assert.deepEqual(drawText(layOut('conversation c', MESSAGES), SCREEN), [
    'conversation c',
    '',
    '          user            a               c',
    '          │ request       │               │',
    '+0 ms     ├───────────────▶               │',
    '          │               │ cfp           │',
    '+3 ms     │               ├───────────────▶',
    '          │               │ propose       │',
    '+4 ms     │               ◀───────────────┤',
    '          │               │ inform        │',
    '+5 ms     │               ├─↺             │',
    '          │               │ cancel ✗ ERR… │',
    '+6 ms     │               ├───────────────▶',
  ])
})

test('what agents wrote obeys no terminal and no page', () => {
  const evil = '<script>\u001b[2J"&'
  const diagram = layOut(`conversation ${evil}`, [message(evil, 'b', evil, 0)])
  for (const line of drawText(diagram, SCREEN)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(line, /[\u0000-\u001f]/)
    assert.ok(columnsOf(line) <= SCREEN.columns)
  }
  for (const page of [drawSvg(diagram), drawHtml(diagram)]) {
    assert.ok(!page.includes('<script'), page)
    assert.ok(!page.includes('\u001b'))
    assert.ok(page.includes('&lt;script&gt;'))
  }
})

test('a page may load nothing, and an image holds an arrow for each message', () => {
  const diagram = layOut('conversation c', MESSAGES)
  assert.match(drawHtml(diagram), /default-src 'none'/)
  assert.equal(drawSvg(diagram).match(/class="arrow/g)?.length, MESSAGES.length)
  assert.doesNotMatch(drawSvg(diagram), /href|url\((?!#tip)/)
})

test('a very long conversation of very many is cut, and says so', () => {
  const many = Array.from({ length: MAX_ARROWS + 5 }, (_, index) =>
    message(`a${index % 40}`, `a${(index + 1) % 40}`, 'x', 0),
  )
  const diagram = layOut('c', many)
  assert.deepEqual(
    [diagram.participants.length, diagram.arrows.length, diagram.left],
    [MAX_PARTICIPANTS, MAX_ARROWS, 5],
  )
  assert.equal(diagram.participants.at(-1), '…')
  assert.equal(drawText(diagram, SCREEN).at(-1), '… 5 more (--json shows all)')
})
