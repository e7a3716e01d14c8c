import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDirectory } from '../test/fakes/data-directory.ts'
import { isCaxtonError } from './core/index.ts'
import {
  leaveAnswer,
  leaveDismissal,
  readAnswers,
  readOutcome,
  readWaiting,
  readWaitingMessage,
} from './people-inbox.ts'
import { Caxton } from './runtime.ts'

const PEOPLE = { ann: {}, bob: { description: 'pays' } }
const QUESTION = { performative: 'query-ref', receiver: 'human:ann', reply_with: 'q', content: { price: 3 } } as const

/** A directory on which a system has asked, and has ended. */
async function askOn(context: Pick<TestContext, 'after'>, ...drafts: Parameters<Caxton['send']>[0][]) {
  const dataDirectory = createDirectory(context)
  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  const ids: string[] = []
  for (const draft of drafts) ids.push((await caxton.accept(draft))!)
  return { dataDirectory, ids }
}

const isEnded = (error: unknown) => isCaxtonError(error, 'ERR_MESSAGE_ENDED')

test('what waits is read from a directory, whether a system runs on it or not', async (context) => {
  const { dataDirectory, ids } = await askOn(context, QUESTION)
  const read = () => readWaiting(dataDirectory).map(({ id, person, acts, left }) => [id, person, acts, left])
  const expected = [[ids[0], 'ann', null, []]]
  assert.deepEqual(read(), expected)
  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  assert.deepEqual(read(), expected)
  assert.deepEqual(readWaitingMessage(dataDirectory, ids[0]!).message.content, { price: 3 })
  assert.deepEqual(caxton.people.show(ids[0]!).message.content, { price: 3 })
  assert.deepEqual(
    caxton.people.declared.map(({ name, description }) => [name, description]),
    [
      ['ann', null],
      ['bob', 'pays'],
    ],
  )
})

test('an answer that is left is kept for the next system, and a second one is refused', async (context) => {
  const { dataDirectory, ids } = await askOn(context, QUESTION, { ...QUESTION, receiver: 'human:bob' })
  const [id = '', other = ''] = ids
  const sinceMs = Date.now()
  assert.throws(() => leaveAnswer(dataDirectory, 'm-none', { performative: 'inform' }, 'me'), {
    code: 'ERR_MESSAGE_UNKNOWN',
  })
  assert.throws(() => leaveAnswer(dataDirectory, id, { performative: 'yes' as never }, 'me'), {
    code: 'ERR_MESSAGE_INVALID',
  })
  leaveAnswer(dataDirectory, other, { performative: 'agree' }, 'me')
  leaveAnswer(dataDirectory, other, { performative: 'inform' }, 'me')
  const entry = leaveAnswer(dataDirectory, id, { performative: 'inform', content: [1] }, 'me')
  assert.throws(() => leaveAnswer(dataDirectory, id, { performative: 'inform' }, 'me'), isEnded)
  assert.throws(() => leaveDismissal(dataDirectory, id), isEnded)
  assert.equal(readOutcome(dataDirectory, entry, sinceMs), 'waiting')
  assert.deepEqual(
    readWaiting(dataDirectory).map(({ left }) => left),
    [['inform'], ['agree', 'inform']],
  )

  const leftMs = Date.now()
  const got: unknown[] = []
  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  caxton.subscribe((event) => {
    if (event.type === 'delivered') got.push([event.message.sender, event.message.performative, event.message.content])
  })
  await caxton.data.flush()
  assert.deepEqual(got, [
    ['human:bob', 'agree', undefined],
    ['human:bob', 'inform', undefined],
    ['human:ann', 'inform', '[1]'],
  ])
  assert.equal(readOutcome(dataDirectory, entry, sinceMs), 'taken')
  const answers = readAnswers(dataDirectory)
  assert.deepEqual(
    answers.map(({ person, act, question, by }) => [person, act, question, by]),
    [
      ['bob', 'agree', other, 'me'],
      ['bob', 'inform', other, 'me'],
      ['ann', 'inform', id, 'me'],
    ],
  )
  // It was given when it was left, not when it was taken.
  assert.ok(answers.every(({ atMs }) => atMs >= sinceMs && atMs <= leftMs))
  assert.throws(
    () => readWaitingMessage(dataDirectory, id),
    (error) => isEnded(error) && /was answered with inform by me at/.test(String(error)),
  )
})

test('what a running system refuses, whoever left it can read', async (context) => {
  const { dataDirectory, ids } = await askOn(context, QUESTION)
  const [id = ''] = ids
  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  const sinceMs = Date.now()
  const first = leaveAnswer(dataDirectory, id, { performative: 'inform' }, 'me')
  // Somebody is quicker.
  await caxton.people.answer(id, { performative: 'refuse' })
  let outcome = readOutcome(dataDirectory, first, sinceMs)
  for (let left = 100; outcome === 'waiting' && left > 0; left -= 1) {
    await sleep(20)
    outcome = readOutcome(dataDirectory, first, sinceMs)
  }
  assert.ok(isEnded(outcome), String(outcome))
})

test('what asks for nothing is dismissed by the next system, a question is not', async (context) => {
  const news = { performative: 'inform', receiver: 'human:ann', content: 'news' } as const
  const { dataDirectory, ids } = await askOn(context, news, QUESTION)
  assert.throws(() => leaveDismissal(dataDirectory, ids[1]!), { code: 'ERR_MESSAGE_ANSWER_WANTED' })
  leaveDismissal(dataDirectory, ids[0]!)
  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  assert.deepEqual(
    caxton.people.list().map(({ id }) => id),
    [ids[1]],
  )
  await assert.rejects(caxton.people.dismiss(ids[0]!), isEnded)
  await caxton.people.answer(ids[1]!, { performative: 'inform', content: { any: 'value' } })
  assert.deepEqual(readWaiting(dataDirectory), [])
})

test('a system that does not know a person any more leaves what waits for them where it is', async (context) => {
  const { dataDirectory, ids } = await askOn(context, QUESTION)
  {
    await using caxton = await Caxton.start({ dataDirectory })
    assert.deepEqual(caxton.people.list(), [])
  }
  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  assert.deepEqual(
    caxton.people.list().map(({ id }) => id),
    ids,
  )
})

test('a time to live beyond all dates breaks no list', async (context) => {
  const news = { performative: 'inform', receiver: 'human:ann', 'x-ttl': '2500000000h' } as const
  const { dataDirectory } = await askOn(context, news)
  const [waiting] = readWaiting(dataDirectory)
  assert.equal(new Date(waiting!.expiresMs!).toISOString(), '+275760-09-13T00:00:00.000Z')
})
