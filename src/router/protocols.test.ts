import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { settle } from '../../test/fakes/sandbox.ts'
import type { GuestBehaviour } from '../../test/fakes/world.ts'
import { World } from '../../test/fakes/world.ts'
import type { Draft, Message, Performative } from '../core/index.ts'
import { CaxtonError, replyTo } from '../core/index.ts'

const quiet: GuestBehaviour = () => 0
const answer =
  (...acts: Performative[]): GuestBehaviour =>
  (message, guest) => {
    if (message.sender !== 'caxton') for (const act of acts) guest.send({ ...replyTo(message), performative: act })
    return 0
  }

const ask = (receiver: string, fields: Partial<Draft> = {}): Draft => ({
  performative: 'request',
  receiver,
  protocol: 'fipa-request',
  conversation_id: 'c',
  reply_with: `to-${receiver}`,
  ...fields,
})
const at = (world: World, ms: number) => new Date(world.nowMs + ms).toISOString()
const shown = ({ sender, performative, in_reply_to, content }: Message) => {
  const { reason, receiver } = (JSON.parse(content ?? '{}') ?? {}) as Record<string, string>
  return [sender, performative, in_reply_to, reason, receiver].filter((part) => part !== undefined)
}

describe('a conversation under a protocol', () => {
  test('goes by its table, and an act out of turn reaches nobody', async () => {
    const world = new World()
    await world.spawn('a', answer('agree', 'inform', 'inform'))
    world.router.send(ask('a'))
    await world.router.idle()
    assert.deepEqual(world.toUser.map(shown), [
      ['a', 'agree', 'to-a'],
      ['a', 'inform', 'to-a'],
    ])
    const [notice] = world.begun('a').filter(({ sender }) => sender === 'caxton')
    assert.equal(notice?.performative, 'not-understood')
    const content = JSON.parse(notice?.content ?? '') as Record<string, unknown>
    assert.deepEqual(
      [content['reason'], content['protocol'], content['state'], content['expected']],
      ['ERR_PROTOCOL_TURN', 'fipa-request', 'done', []],
    )
    const [undelivered] = world.of('undelivered')
    assert.deepEqual([undelivered?.error.code, undelivered?.answered], ['ERR_PROTOCOL_TURN', true])
    assert.deepEqual(world.router.conversations()[0]?.dialogues, [{ opener: 'user', partner: 'a', state: 'done' }])
    await world.router.close()
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  })

  const refused: { name: string; draft: Draft; code: string }[] = [
    { name: 'an unknown protocol', draft: ask('a', { protocol: 'fipa-rquest' }), code: 'ERR_PROTOCOL_UNKNOWN' },
    { name: 'a protocol of the prototype', draft: ask('a', { protocol: '__proto__' }), code: 'ERR_PROTOCOL_UNKNOWN' },
    { name: 'an act that does not begin it', draft: ask('a', { performative: 'inform' }), code: 'ERR_PROTOCOL_TURN' },
    { name: 'to cancel nothing', draft: ask('a', { performative: 'cancel' }), code: 'ERR_PROTOCOL_TURN' },
  ]
  for (const { name, draft, code } of refused) {
    test(`does not begin by ${name}`, async () => {
      const world = new World()
      await world.spawn('a', quiet)
      world.router.send(draft)
      await world.router.idle()
      assert.deepEqual(world.toUser.map(shown), [['caxton', 'not-understood', 'to-a', code, 'a']])
      assert.deepEqual(world.begun('a'), [])
      await world.router.close()
    })
  }

  test('is named by all of its messages', async () => {
    const world = new World()
    await world.spawn('a', (message, guest) => {
      const { protocol: _, ...reply } = replyTo(message)
      if (message.sender === 'user') guest.send({ ...reply, performative: 'inform' })
      return 0
    })
    world.router.send(ask('a'))
    await world.router.idle()
    assert.deepEqual(world.toUser, [])
    assert.equal(world.of('undelivered')[0]?.error.code, 'ERR_PROTOCOL_MISSING')
    await world.router.close()
  })

  test('is heard by no stranger who knows its id, with or without its protocol', async () => {
    const world = new World()
    await world.spawn('a', quiet)
    await world.spawn('stranger', ({ sender }, guest) => {
      if (sender !== 'user') return 0
      const fields = { receiver: 'a', conversation_id: 'c' } as const
      guest.send({ ...fields, performative: 'accept-proposal' })
      guest.send({ ...fields, performative: 'accept-proposal', protocol: 'fipa-contract-net' })
      guest.send({ ...fields, performative: 'cancel', protocol: 'fipa-contract-net' })
      return 0
    })
    world.router.send(ask('a', { performative: 'cfp', protocol: 'fipa-contract-net' }))
    await world.router.idle()
    world.router.send({ performative: 'request', receiver: 'stranger', conversation_id: 'd' })
    await world.router.idle()
    assert.deepEqual(
      world.of('undelivered').map(({ error }) => error.code),
      ['ERR_CONVERSATION_FOREIGN', 'ERR_PROTOCOL_TURN', 'ERR_PROTOCOL_TURN'],
    )
    assert.equal(world.begun('a').length, 1)
    await world.router.close()
  })

  test('can be begun by another under the same id: neither is kept out', async () => {
    const world = new World()
    await world.spawn('a', answer('propose'))
    await world.spawn('squatter', ({ sender }, guest) => {
      if (sender !== 'user') return 0
      guest.send(ask('a', { performative: 'cfp', protocol: 'fipa-contract-net' }))
      return 0
    })
    world.router.send({ performative: 'request', receiver: 'squatter', conversation_id: 'other' })
    await world.router.idle()
    world.router.send(ask('a', { performative: 'cfp', protocol: 'fipa-contract-net' }))
    await world.router.idle()
    const talks = world.router.conversations().filter(({ id }) => id === 'c')
    assert.deepEqual(talks.map(({ initiator }) => initiator).toSorted(), ['squatter', 'user'])
    assert.deepEqual(world.toUser.map(shown), [['a', 'propose', 'to-a']])
    await world.router.close()
  })

  test('lets a message that finds no room be sent again', async () => {
    const world = new World()
    await world.spawn('a', quiet, { limits: { messageBytes: 1_024 } })
    world.router.send(ask('a', { content: JSON.stringify('x'.repeat(2_000)) }))
    world.router.send(ask('a'))
    await world.router.idle()
    assert.equal(world.begun('a').length, 1)
    await world.router.close()
  })
})

describe('deadlines', () => {
  test('who waits is told when one has passed, and what comes late reaches nobody', async () => {
    const world = new World()
    const held: Message[] = []
    await world.spawn('a', (message, guest) => {
      if (message.conversation_id === 'c' && message.sender === 'user') held.push(message)
      else if (message.sender === 'user')
        for (const late of held) guest.send({ ...replyTo(late), performative: 'inform' })
      return 0
    })
    world.router.send(ask('a', { reply_by: at(world, 50_000) }))
    await settle()
    assert.equal(world.router.isIdle, false, 'something will happen')
    world.pass(60_000)
    await world.router.idle()
    assert.deepEqual(world.toUser.map(shown), [['caxton', 'failure', 'to-a', 'ERR_PROTOCOL_DEADLINE', 'a']])
    assert.deepEqual(
      world.of('expired').map(({ agent, about, act }) => [agent, about, act]),
      [['user', 'a', 'failure']],
    )
    world.router.send({ performative: 'inform', receiver: 'a', conversation_id: 'go' })
    await world.router.idle()
    assert.equal(world.toUser.length, 1)
    assert.equal(world.of('undelivered')[0]?.error.code, 'ERR_PROTOCOL_TURN')
    await world.router.close()
  })

  test('agree keeps the deadline, an answer ends it', async () => {
    const world = new World()
    await world.spawn('slow', answer('agree'))
    await world.spawn('quick', answer('agree', 'inform'))
    for (const name of ['slow', 'quick']) {
      world.router.send(ask(name, { conversation_id: name, reply_by: at(world, 50_000) }))
    }
    await settle()
    world.pass(60_000)
    await world.router.idle()
    const late = world.toUser.filter(({ sender }) => sender === 'caxton').map(({ conversation_id }) => conversation_id)
    assert.deepEqual(late, ['slow'])
    await world.router.close()
  })

  test('a bid that comes late is rejected, one that does not come counts as refused', async () => {
    const world = new World()
    const cfps: Message[] = []
    await world.spawn('late', (message, guest) => {
      if (message.performative === 'cfp') cfps.push(message)
      else if (message.sender === 'user')
        for (const cfp of cfps) guest.send({ ...replyTo(cfp), performative: 'propose' })
      return 0
    })
    const cfp = { performative: 'cfp', protocol: 'fipa-contract-net', reply_by: at(world, 50_000) } as const
    world.router.send(ask('late', cfp))
    await settle()
    world.pass(60_000)
    await world.router.idle()
    world.router.send({ performative: 'inform', receiver: 'late', conversation_id: 'go' })
    await world.router.idle()
    assert.deepEqual(world.toUser.map(shown), [['caxton', 'refuse', 'to-late', 'ERR_PROTOCOL_DEADLINE', 'late']])
    const [rejection] = world.begun('late').filter(({ sender }) => sender === 'caxton')
    assert.equal(rejection?.performative, 'reject-proposal')
    await world.router.close()
  })

  test('a proposal that is not answered in time is rejected', async () => {
    const world = new World()
    await world.spawn('bidder', (message, guest) => {
      if (message.performative === 'cfp') {
        guest.send({ ...replyTo(message), performative: 'propose', reply_by: at(world, 50_000), reply_with: 'bid' })
      }
      return 0
    })
    world.router.send(ask('bidder', { performative: 'cfp', protocol: 'fipa-contract-net' }))
    await settle()
    world.pass(60_000)
    await world.router.idle()
    const [rejection] = world.begun('bidder').filter(({ sender }) => sender === 'caxton')
    assert.deepEqual([rejection?.performative, rejection?.in_reply_to], ['reject-proposal', 'bid'])
    await world.router.close()
  })

  test('the real clock does it, too', async () => {
    const world = new World()
    await world.spawn('a', quiet)
    world.router.send(ask('a', { reply_by: at(world, 20) }))
    while (world.toUser.length === 0) {
      world.pass(5)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.equal(world.toUser[0]?.performative, 'failure')
    await world.router.close()
  })

  test('a system that drains does not wait for them', async () => {
    const world = new World()
    await world.spawn('a', quiet)
    world.router.send(ask('a', { reply_by: '2100-01-01T00:00:00Z' }))
    await world.router.drain()
    assert.equal(world.router.isIdle, true)
  })
})

describe('cancel', () => {
  const cancel = ask('a', { performative: 'cancel', reply_with: 'stop' })
  const cases: { name: string; acts: Performative[]; state: string }[] = [
    { name: 'inform calls it off', acts: ['inform'], state: 'cancelled' },
    { name: 'failure lets it go on', acts: ['failure'], state: 'agreed' },
  ]
  for (const { name, acts, state } of cases) {
    test(`is answered: ${name}`, async () => {
      const world = new World()
      await world.spawn('a', (message, guest) => {
        const mine = message.performative === 'cancel' ? acts : (['agree'] as const)
        for (const act of mine) guest.send({ ...replyTo(message), performative: act })
        return 0
      })
      world.router.send(ask('a'))
      await world.router.idle()
      world.router.send(cancel)
      await world.router.idle()
      assert.deepEqual(world.toUser.map(shown), [
        ['a', 'agree', 'to-a'],
        ['a', acts[0], 'stop'],
      ])
      assert.equal(world.router.conversations()[0]?.dialogues[0]?.state, state)
      await world.router.close()
    })
  }

  test('may cross with the result, which ends the dialogue', async () => {
    const world = new World()
    const asked: Message[] = []
    await world.spawn('a', (message, guest) => {
      if (message.performative === 'request') asked.push(message)
      else guest.send({ ...replyTo(asked[0]!), performative: 'inform' })
      return 0
    })
    world.router.send(ask('a'))
    world.router.send(cancel)
    await world.router.idle()
    assert.deepEqual(world.toUser.map(shown), [['a', 'inform', 'to-a']])
    assert.equal(world.router.conversations()[0]?.dialogues[0]?.state, 'done')
    await world.router.close()
  })

  test('that nobody answers in time ends the dialogue', async () => {
    const world = new World()
    await world.spawn('a', answer())
    world.router.send(ask('a', { performative: 'subscribe', protocol: 'fipa-subscribe' }))
    world.router.send({ ...cancel, protocol: 'fipa-subscribe', reply_by: at(world, 50_000) })
    await settle()
    world.pass(60_000)
    await world.router.idle()
    assert.equal(world.router.conversations()[0]?.dialogues[0]?.state, 'cancelled')
    await world.router.close()
  })

  test('is for the opener alone', async () => {
    const world = new World()
    await world.spawn('a', answer('cancel'))
    world.router.send(ask('a'))
    await world.router.idle()
    assert.equal(world.of('undelivered')[0]?.error.code, 'ERR_PROTOCOL_TURN')
    await world.router.close()
  })
})

describe('whoever is gone', () => {
  test('a participant that fails later is reported to who waits for it', async () => {
    const world = new World()
    await world.spawn('a', (message, guest) => {
      if (message.protocol === undefined) return new CaxtonError('ERR_GUEST_TRAP')
      guest.send({ ...replyTo(message), performative: 'agree' })
      return 0
    })
    world.router.send(ask('a'))
    await world.router.idle()
    world.router.send({ performative: 'inform', receiver: 'a', conversation_id: 'bad', reply_with: 'bad' })
    await world.router.idle()
    assert.deepEqual(world.toUser.map(shown), [
      ['a', 'agree', 'to-a'],
      ['caxton', 'failure', 'bad', 'ERR_GUEST_TRAP', 'a'],
      ['caxton', 'failure', 'to-a', 'ERR_PROTOCOL_LOST', 'a'],
    ])
    assert.deepEqual(
      world.router.conversations().flatMap(({ dialogues }) => dialogues.map(({ state }) => state)),
      ['lost'],
    )
    await world.router.close()
  })

  test('a participant that fails on the question is reported once', async () => {
    const world = new World()
    await world.spawn('a', () => new CaxtonError('ERR_GUEST_TRAP'))
    world.router.send(ask('a'))
    await world.router.idle()
    assert.deepEqual(world.toUser.map(shown), [['caxton', 'failure', 'to-a', 'ERR_GUEST_TRAP', 'a']])
    await world.router.close()
  })

  test('a participant is told that the initiator is gone', async () => {
    const world = new World()
    await world.spawn('worker', quiet)
    const boss = await world.spawn('boss', (_, guest) => {
      guest.send(ask('worker'))
      return 0
    })
    world.router.send({ performative: 'inform', receiver: 'boss', conversation_id: 'go' })
    await world.router.idle()
    await boss.stop()
    await world.router.idle()
    const [notice] = world.begun('worker').filter(({ sender }) => sender === 'caxton')
    assert.deepEqual(notice && shown(notice), ['caxton', 'failure', 'ERR_PROTOCOL_LOST', 'boss'])
    await world.router.close()
  })

  test('not-understood ends a dialogue, from the agent or by its status', async () => {
    const world = new World()
    await world.spawn('says', answer('not-understood'))
    await world.spawn('answers', () => 1)
    for (const name of ['says', 'answers']) world.router.send(ask(name, { conversation_id: name }))
    await world.router.idle()
    const states = world.router.conversations().map(({ id, dialogues }) => [id, dialogues[0]?.state])
    assert.deepEqual(
      new Map(states as [string, string][]),
      new Map([
        ['says', 'not-understood'],
        ['answers', 'not-understood'],
      ]),
    )
    await world.router.close()
  })
})

describe('many at once', () => {
  test('forty bidders, of which some are late, fail, refuse or break the protocol, all come to an end', async () => {
    const world = new World()
    const kinds = ['bids', 'refuses', 'silent', 'fails', 'lies'] as const
    const names = Array.from({ length: 40 }, (_, index) => `${kinds[index % kinds.length]}-${index}`)
    for (const name of names) {
      const [kind] = name.split('-')
      await world.spawn(name, (message, guest) => {
        if (message.sender === 'caxton' || kind === 'silent') return 0
        const reply = (act: Performative) => guest.send({ ...replyTo(message), performative: act })
        if (kind === 'fails') return new CaxtonError('ERR_GUEST_TRAP')
        if (kind === 'refuses') reply('refuse')
        else if (kind === 'lies') reply('inform')
        else if (message.performative === 'cfp') reply('propose')
        else if (message.performative === 'accept-proposal') reply('inform')
        return 0
      })
    }
    const [first, ...others] = names as [string, ...string[]]
    const cfp = { performative: 'cfp', protocol: 'fipa-contract-net', reply_with: 'net' } as const
    world.router.send(ask(first, { ...cfp, others, reply_by: at(world, 50_000) }))
    await settle()
    world.pass(60_000)
    await world.router.idle()
    const proposals = world.toUser.filter(({ performative }) => performative === 'propose')
    assert.equal(proposals.length, 8)
    for (const [index, proposal] of proposals.entries()) {
      const act = index === 0 ? 'accept-proposal' : 'reject-proposal'
      world.router.send({ ...replyTo(proposal), performative: act })
    }
    await world.router.idle()
    const byAct = Object.groupBy(world.toUser, ({ performative, sender }) => `${performative} ${sender === 'caxton'}`)
    const counts = Object.entries(byAct).map(([act, messages]) => [act, messages?.length])
    assert.deepEqual(Object.fromEntries(counts), {
      'propose false': 8,
      'refuse false': 8,
      // Those that are silent, and those whose lies reached nobody.
      'refuse true': 16,
      'failure true': 8,
      'inform false': 1,
    })
    const [talk] = world.router.conversations()
    const states = Object.groupBy(talk!.dialogues, ({ state }) => state)
    assert.deepEqual(Object.fromEntries(Object.entries(states).map(([state, all]) => [state, all?.length])), {
      done: 1,
      rejected: 7,
      refused: 8,
      late: 16,
      lost: 8,
    })
    await world.router.close()
  })

  test('a recruiter finds targets that answer the initiator themselves', async () => {
    const world = new World()
    const heard: unknown[] = []
    await world.spawn('initiator', (message, guest) => {
      if (message.sender === 'user')
        guest.send(ask('recruiter', { performative: 'proxy', protocol: 'fipa-recruiting' }))
      else heard.push([message.sender, message.performative])
      return 0
    })
    await world.spawn('recruiter', (message, guest) => {
      if (message.performative !== 'proxy') return 0
      guest.send({ ...replyTo(message), performative: 'agree' })
      const question = ask('target-1', { ...replyTo(message), performative: 'query-ref', reply_to: message.sender })
      guest.send({ ...question, receiver: 'target-1' })
      guest.send({ ...question, receiver: 'target-2' })
      guest.send({ ...replyTo(message), performative: 'inform' })
      return 0
    })
    for (const name of ['target-1', 'target-2']) await world.spawn(name, answer('inform'))
    world.router.send({ performative: 'request', receiver: 'initiator', conversation_id: 'go' })
    await world.router.idle()
    assert.deepEqual(heard, [
      ['recruiter', 'agree'],
      ['recruiter', 'inform'],
      ['target-1', 'inform'],
      ['target-2', 'inform'],
    ])
    assert.deepEqual(world.of('undelivered'), [])
    await world.router.close()
  })
})

test('a snapshot is JSON, and another runtime goes on from it with its deadlines', async () => {
  const world = new World()
  await world.spawn('a', answer('agree'))
  world.router.send(ask('a', { reply_by: at(world, 50_000) }))
  world.router.send({ performative: 'inform', receiver: 'a', conversation_id: 'free', reply_with: 'r' })
  await settle()
  const snapshot = JSON.parse(JSON.stringify(world.router.book.snapshot())) as ReturnType<
    typeof world.router.book.snapshot
  >
  const before = world.router.conversations()
  await world.router.close()

  const next = new World()
  await next.spawn('a', (_, guest) => {
    guest.send({
      performative: 'inform',
      receiver: 'user',
      conversation_id: 'c',
      in_reply_to: 'to-a',
      protocol: 'fipa-request',
    })
    return 0
  })
  next.router.book.restore(snapshot)
  assert.deepEqual(new Set(next.router.conversations()), new Set(before))
  assert.equal(next.router.isIdle, false)
  next.router.send({ performative: 'inform', receiver: 'a', conversation_id: 'go' })
  await next.router.idle()
  const [talk] = next.router.conversations().filter(({ id }) => id === 'c')
  assert.equal(talk?.dialogues[0]?.state, 'done')
  await next.router.close()
})
