import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import type { SystemRun } from './run-system.ts'
import { ROOT, runSystem } from './run-system.ts'

const MARKET = join(ROOT, 'examples/market/caxton.toml')
const folder = mkdtempSync(join(tmpdir(), 'caxton-market-'))

after(() => rmSync(folder, { recursive: true, force: true }))

const HONEST = ['coordinator', 'count-as-1', 'count-as-2', 'count-c-1', 'count-c-2']
/** Why each hostile agent ends; null for one that only has things refused. */
const HOSTILE: Readonly<Record<string, string | null>> = {
  flood: 'ERR_LIMIT_MESSAGES',
  forge: null,
  grow: 'ERR_LIMIT_MEMORY',
  loop: 'ERR_LIMIT_FUEL',
  recurse: 'ERR_LIMIT_STACK',
  snoop: null,
}

/** What the market must find, by plain code. */
function countWords(text: string) {
  const counts = new Map<string, number>()
  let words = 0
  for (const [match] of text.matchAll(/[A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u023f]+/g)) {
    const word = match.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    counts.set(word, (counts.get(word) ?? 0) + 1)
    words += 1
  }
  const top = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, 20)
  return { words, distinct: counts.size, top }
}

function writeInput(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

function assertCounted(run: SystemRun, text: string): void {
  assert.equal(run.exitCode, 0, run.stderr)
  assert.equal(run.summary?.reached, true)
  assert.equal(run.summary.result?.sender, 'coordinator')
  assert.deepEqual(run.summary.result.content, countWords(text))
}

/** Every hostile agent was stopped for its own reason, and nobody else was harmed. */
function assertContained({ summary, lines }: SystemRun): void {
  const agents = new Map(summary?.agents.map((agent) => [agent.name, agent]))
  assert.deepEqual([...agents.keys()].sort(), [...HONEST, ...Object.keys(HOSTILE)].sort())
  for (const name of HONEST) assert.notEqual(agents.get(name)?.phase, 'failed', name)
  for (const [name, code] of Object.entries(HOSTILE)) {
    assert.equal(agents.get(name)?.reason?.code ?? null, code, name)
    assert.equal(agents.get(name)?.phase === 'failed', code !== null, name)
  }
  const refused = (name: string) =>
    lines.filter(({ type, agent }) => type === 'refused' && agent === name).map(({ error }) => error?.code)
  assert.deepEqual(refused('forge').sort(), [
    'ERR_GRANT_MISSING',
    'ERR_MESSAGE_SENDER_FORGED',
    'ERR_MESSAGE_SENDER_FORGED',
  ])
  assert.ok(refused('flood').includes('ERR_LIMIT_MAILBOX'))
  const snooped = lines.filter(({ type, agent }) => type === 'log' && agent === 'snoop').map(({ text }) => text ?? '')
  assert.equal(snooped.length, 6)
  for (const line of snooped) assert.match(line, /\(errno [1-9]\d*\)$/)
  for (const { message } of lines) {
    if (message?.receiver === 'user') assert.equal(message.sender, 'coordinator')
  }
}

/** How many pieces each bidder counted. */
function piecesOf({ lines }: SystemRun, bidder: string): number {
  return lines.filter(
    ({ type, message }) => type === 'sent' && message?.sender === bidder && message.performative === 'inform',
  ).length
}

test('without an input the market counts the words of the README, and hostile agents are contained', async () => {
  const run = await runSystem(MARKET)
  assertCounted(run, readFileSync(join(ROOT, 'README.md'), 'utf8'))
  assertContained(run)
})

test('the market counts hard text right', async () => {
  const text = createHardText()
  const run = await runSystem(MARKET, '--input', writeInput('hard.txt', text))
  assertCounted(run, text)
  assertContained(run)
})

test('the market counts more than 5 MB right, and every counting agent has its share', async () => {
  const text = createLongText(5_400_000)
  assert.ok(Buffer.byteLength(text) > 5 * 2 ** 20)
  const run = await runSystem(MARKET, '--input', writeInput('long.txt', text))
  assertCounted(run, text)
  assertContained(run)
  for (const name of HONEST.slice(1)) assert.ok(piecesOf(run, name) > 0, name)
})

test('bidders that never answer, never deliver or report nonsense hold nothing up', async () => {
  const strangers = { mute: MUTE, cheat: CHEAT, liar: LIAR }
  const names = Object.keys(strangers)
  for (const [name, source] of Object.entries(strangers)) writeFileSync(join(folder, `${name}.ts`), source)
  const market = readFileSync(MARKET, 'utf8')
    .replaceAll('source = "', `source = "${dirname(MARKET)}/`)
    .replace('file = "../../README.md"', `file = "${join(ROOT, 'README.md')}"`)
    .replace('bidders = "', `bidders = "${names.join(' ')} `)
    .replace('quorum = 4', 'quorum = 6')
    .replace('send = [', `send = [${names.map((name) => `"${name}", `).join('')}`)
  const tables = names.map((name) => `[agents.${name}]\nsource = "${name}.ts"\n`)
  const run = await runSystem(writeInput('strangers.toml', [market, ...tables].join('\n')))
  assertCounted(run, readFileSync(join(ROOT, 'README.md'), 'utf8'))
  const dismissed = run.lines.filter(({ type, agent }) => type === 'log' && agent === 'coordinator')
  assert.ok(dismissed.some(({ text }) => text === 'liar is out: its counts cannot be'))
  assert.ok(run.lines.some(({ message }) => message?.sender === 'cheat' && message.performative === 'propose'))
})

test('an empty file has no words', async () => {
  const run = await runSystem(MARKET, '--input', writeInput('empty.txt', ''))
  assertCounted(run, '')
})

test('an input that does not exist is one clear error, and nothing is started', async () => {
  const run = await runSystem(MARKET, '--input', join(folder, 'missing.txt'))
  assert.notEqual(run.exitCode, 0)
  assert.match(run.stderr, /missing\.txt/)
  assert.match(run.stderr, /does not exist/)
  assert.deepEqual(
    run.lines.filter(({ type }) => type === 'sent' || type === 'state'),
    [],
  )
})

const MUTE = 'export function handleMessage() {}'

/** Always the cheapest, and never delivers. */
const CHEAT = `import { send } from 'caxton'
export function handleMessage({ performative, sender, conversation_id, reply_with, protocol }) {
  if (performative !== 'cfp') return
  const place = { receiver: sender, conversation_id, in_reply_to: reply_with, protocol }
  send({ performative: 'propose', ...place, content: { micros: 0 } })
}`

/** Cheap as well, and reports more words than there is text. */
const LIAR = `import { reply } from 'caxton'
export function handleMessage(message) {
  if (message.performative === 'cfp') reply(message, 'propose', { micros: 0.5 })
  if (message.performative === 'accept-proposal') reply(message, 'inform', { counts: { caxton: 1e9 } })
}`

/** Line ends of all kinds, accents, signs that look like letters, emoji, words around every border of a piece. */
function createHardText(): string {
  const letters = 'Ça été; naïve ×÷ a×b÷c À Ö Ø ö ø ÿ Ā ſ ƀ Ǝ ȿ ɀ ɐ Ω ж 漢字 ß İ ı ŉ'
  const lines = [
    '',
    ' ',
    '\t',
    letters,
    letters.normalize('NFD'),
    'The the THE tHe\r\nthe\rthe\u2028the\u00a0the\u3000the\u0000the\u0085the',
    '"quoted" \\back\\slash {"json": [1, "two"]} \u0007\u001b[31mred\u001b[0m',
    '😀word😀word\u{1d400}word\ufeffword👩‍👩‍👧family',
    "don't well-known e.g. x1y2z3 snake_case CamelCase constructor __proto__ toString hasOwnProperty",
    '漢字'.repeat(20_000),
    '😀'.repeat(20_000),
    'z'.repeat(100_000),
    `${'Ab'.repeat(20_000)}é${'ñ'.repeat(20_000)}`,
  ]
  for (let length = 1; length < 400; length += 1) lines.push(`${'é'.repeat(length % 7)}${'x'.repeat(length)} é😀`)
  return `${lines.join('\r\n')}\n\n\r\n   last`
}

/** Words with about the frequencies of a natural language (the n-th is 1/n as frequent as the first), the same at every run. */
function createLongText(length: number): string {
  let state = 42
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const syllables = ['ka', 'to', 'ri', 'né', 'lu', 'sha', 'be', 'or', 'an', 'st', 'ü', 'gh', 'mi', 'e', 'pra', 'ß']
  const nameOf = (rank: number): string =>
    rank === 0 ? '' : `${syllables[rank % syllables.length]}${nameOf(Math.floor(rank / syllables.length))}`
  const vocabulary = Array.from({ length: 30_000 }, (_, rank) => nameOf(rank + 1))
  const parts: string[] = []
  for (let written = 0; written < length; ) {
    const word = vocabulary[Math.floor(30_000 ** random()) - 1] ?? ''
    const shown = random() < 0.1 ? word.charAt(0).toUpperCase() + word.slice(1) : word
    const chance = random()
    const part = `${shown}${chance < 0.05 ? '.\r\n' : chance < 0.07 ? '.\n\n' : chance < 0.12 ? ', ' : ' '}`
    parts.push(part)
    written += part.length
  }
  return parts.join('')
}
