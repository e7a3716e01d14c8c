import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { CaxtonEvent } from '../../src/index.ts'
import { Caxton, isCaxtonError } from '../../src/index.ts'
import { createDirectory } from '../fakes/data-directory.ts'

const PEOPLE = { alice: {} }

const TYPESCRIPT = `
import type { Message } from 'caxton'
import { ask, reply } from 'caxton'

export async function handleMessage(message: Message) {
  const opinion = await ask({ performative: 'query-ref', receiver: 'human:alice', content: message.content }, 20_000)
  return reply(message, 'inform', { by: opinion.sender, said: opinion.content })
}
`

const C = `
#include <caxton.h>

int caxton_handle(const caxton_message *message) {
  caxton_writer *draft = caxton_begin(CAXTON_ACT_QUERY_REF, "human:alice");
  caxton_write_member(draft, "content", message->content);
  caxton_message opinion;
  int status = caxton_ask(draft, 20000, &opinion);
  if (status != CAXTON_OK) return status;
  caxton_writer *answer = caxton_begin_reply(message, CAXTON_ACT_INFORM);
  caxton_write_key(answer, "content");
  caxton_write_begin_object(answer);
  caxton_write_member(answer, "by", opinion.sender);
  caxton_write_member(answer, "said", opinion.content);
  caxton_write_end_object(answer);
  return caxton_send(answer);
}
`

/** Resolves with the next message that waits for a person. */
function nextWaiting(caxton: Caxton): Promise<CaxtonEvent & { type: 'waiting' }> {
  return new Promise((resolve) => {
    const stop = caxton.subscribe((event) => {
      if (event.type !== 'waiting') return
      stop()
      resolve(event)
    })
  })
}

for (const { name, file, text } of [
  { name: 'TypeScript', file: 'clerk.ts', text: TYPESCRIPT },
  { name: 'C', file: 'clerk.c', text: C },
]) {
  test(`an agent in ${name} waits in the middle of a call for what a person says`, async (context) => {
    const source = join(createDirectory(context), file)
    writeFileSync(source, text)
    await using caxton = await Caxton.start({ people: PEOPLE })
    await caxton.deploy({ name: 'clerk', source, grants: { send: ['human:alice'] } })
    const reply = caxton.request({ performative: 'request', receiver: 'clerk', content: 'how much?' })
    const { message } = await nextWaiting(caxton)
    const [waiting] = caxton.people.list('alice')
    assert.deepEqual(
      [waiting?.id, waiting?.message.content, waiting?.isAwaited],
      [message.message_id, 'how much?', true],
    )
    await caxton.people.answer(waiting!.id, { performative: 'inform', content: { euros: 3 } })
    assert.deepEqual((await reply).content, { by: 'human:alice', said: { euros: 3 } })
  })
}

test('a question that was asked in a call is over with the call, and asked again where the call is made again', async (context) => {
  const dataDirectory = createDirectory(context)
  const source = join(dataDirectory, 'clerk.ts')
  writeFileSync(source, TYPESCRIPT)
  const clerk = { name: 'clerk', source, grants: { send: ['human:alice'] } }
  const first = await Caxton.start({ dataDirectory, people: PEOPLE })
  await first.deploy(clerk)
  await first.accept({ performative: 'request', receiver: 'clerk', content: 'how much?' })
  const { message: asked } = await nextWaiting(first)
  await first.close()

  await using caxton = await Caxton.start({ dataDirectory, people: PEOPLE })
  assert.deepEqual(caxton.people.list(), [])
  await caxton.deploy(clerk)
  const { message: again } = await nextWaiting(caxton)
  assert.notEqual(again.message_id, asked.message_id)
  assert.deepEqual(
    caxton.people.list().map(({ id }) => id),
    [again.message_id],
  )
  const told = Promise.withResolvers<string | undefined>()
  caxton.subscribe((event) => {
    if (event.type === 'delivered' && event.agent === 'user') told.resolve(event.message.content)
  })
  await caxton.people.answer(again.message_id, { performative: 'inform', content: 7 })
  assert.deepEqual(JSON.parse((await told.promise) ?? ''), { by: 'human:alice', said: 7 })
})

test('a request of a program to a person is withdrawn when it is waited for no more', async () => {
  await using caxton = await Caxton.start({ people: PEOPLE })
  const question = { performative: 'query-ref', receiver: 'human:alice' } as const
  await assert.rejects(caxton.request(question, { deadlineMs: 20 }), { code: 'ERR_REQUEST_DEADLINE' })
  assert.deepEqual(caxton.people.list(), [])
  const answered = caxton.request(question)
  await caxton.people.answer(caxton.people.list()[0]!.id, { performative: 'refuse' })
  await assert.rejects(answered, (error) => isCaxtonError(error, 'ERR_REQUEST_FAILED'))
})
