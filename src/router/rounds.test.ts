import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GuestBehaviour } from '../../test/fakes/world.ts'
import { World } from '../../test/fakes/world.ts'
import type { Draft, Message, Performative } from '../core/index.ts'
import { replyTo } from '../core/index.ts'

/** Acts out what the user tells it: `say` an act in answer to the n-th message that it was asked with. */
const puppet = (): GuestBehaviour => {
  const heard: Message[] = []
  return (message, guest) => {
    if (message.sender === 'caxton') return 0
    if (message.conversation_id !== 'strings') {
      heard.push(message)
      return 0
    }
    const { say, to, inReplyTo } = JSON.parse(message.content!) as Line
    const { in_reply_to: last, ...place } = replyTo(heard[to]!)
    const answered = inReplyTo === undefined ? last : inReplyTo
    const named = answered === undefined || answered === null ? {} : { in_reply_to: answered }
    guest.send({ ...place, ...named, performative: say })
    return 0
  }
}

interface Line {
  readonly say: Performative
  readonly to: number
  /** @default what that message had as `reply_with`; null leaves it out */
  readonly inReplyTo?: string | null
}

interface Stage {
  readonly world: World
  /** The initiator speaks to `a`. */
  call(act: Performative, replyWith?: string, fields?: Partial<Draft>): Promise<void>
  /** `a` answers the n-th message that it got. */
  say(act: Performative, to: number, inReplyTo?: string | null): Promise<void>
  state(): string | undefined
  /** What `a` was told in the name of the runtime: act and reason. */
  told(): unknown[]
}

async function begin(protocol: string): Promise<Stage> {
  const world = new World()
  await world.spawn('a', puppet())
  const send = async (draft: Draft) => {
    world.router.send(draft)
    await world.router.idle()
  }
  return {
    world,
    call: (performative, replyWith, fields = {}) => {
      const named = replyWith === undefined ? {} : { reply_with: replyWith }
      return send({ performative, receiver: 'a', protocol, conversation_id: 'c', ...named, ...fields })
    },
    say: (act, to, inReplyTo) => {
      const content = JSON.stringify({ say: act, to, inReplyTo })
      return send({ performative: 'inform', receiver: 'a', conversation_id: 'strings', content })
    },
    state: () => world.router.conversations().find(({ id }) => id === 'c')?.dialogues[0]?.state,
    told: () =>
      world
        .begun('a')
        .filter(({ sender }) => sender === 'caxton')
        .map(({ performative, content }) => [performative, (JSON.parse(content!) as { reason: string }).reason]),
  }
}

const heardByUser = ({ world }: Stage) =>
  world.toUser.map(({ performative, in_reply_to }) => [performative, in_reply_to])

describe('an answer', () => {
  const protocols = ['fipa-auction-english', 'fipa-auction-dutch']
  for (const protocol of protocols) {
    test(`of ${protocol} to an earlier call is none to the next: a bid is rejected and reaches nobody`, async () => {
      const stage = await begin(protocol)
      await stage.call('cfp', 'round-1')
      await stage.call('cfp', 'round-2')
      await stage.say('propose', 0)
      assert.equal(stage.state(), 'called')
      await stage.say('refuse', 0)
      assert.equal(stage.state(), 'called')
      assert.deepEqual(stage.told(), [
        ['reject-proposal', 'ERR_PROTOCOL_DEADLINE'],
        ['not-understood', 'ERR_PROTOCOL_TURN'],
      ])
      await stage.say('propose', 1)
      assert.equal(stage.state(), 'bid')
      assert.deepEqual(heardByUser(stage), [['propose', 'round-2']])
      await stage.world.router.close()
    })
  }

  test('that names no question is none where one is named: nobody can leave a caller without an answer', async () => {
    const stage = await begin('fipa-contract-net')
    await stage.call('cfp', 'net')
    await stage.say('propose', 0, null)
    await stage.say('propose', 0, 'other')
    assert.deepEqual(stage.told(), [
      ['not-understood', 'ERR_PROTOCOL_TURN'],
      ['reject-proposal', 'ERR_PROTOCOL_DEADLINE'],
    ])
    assert.equal(stage.state(), 'called')
    await stage.world.router.close()
  })

  test('to a question that has no name may name one', async () => {
    const stage = await begin('fipa-request')
    await stage.call('request')
    await stage.say('agree', 0, 'something')
    await stage.say('inform', 0)
    assert.equal(stage.state(), 'done')
    await stage.world.router.close()
  })

  test('that is not-understood needs no name', async () => {
    const stage = await begin('fipa-request')
    await stage.call('request', 'r')
    await stage.say('not-understood', 0, 'other')
    assert.equal(stage.state(), 'not-understood')
    await stage.world.router.close()
  })
})

describe('a bid that crosses', () => {
  const cases = [
    { name: 'with the end of an English auction', protocol: 'fipa-auction-english', act: 'inform' },
    { name: 'with the end of a Dutch auction', protocol: 'fipa-auction-dutch', act: 'inform' },
  ] as const
  for (const { name, protocol, act } of cases) {
    test(`${name} is rejected`, async () => {
      const stage = await begin(protocol)
      await stage.call('cfp', 'round-1')
      await stage.call(act)
      await stage.say('propose', 0)
      assert.deepEqual([stage.state(), stage.told()], ['closed', [['reject-proposal', 'ERR_PROTOCOL_DEADLINE']]])
      assert.deepEqual(stage.world.toUser, [])
      await stage.world.router.close()
    })
  }

  test('with nothing, a second one in the same round, is out of turn', async () => {
    const stage = await begin('fipa-auction-dutch')
    await stage.call('cfp', 'round-1')
    await stage.say('propose', 0)
    await stage.say('propose', 0)
    assert.deepEqual(stage.told(), [['not-understood', 'ERR_PROTOCOL_TURN']])
    await stage.world.router.close()
  })
})

test('the leader of an English auction hears that it is over like all others, and is asked to deliver then', async () => {
  const stage = await begin('fipa-auction-english')
  await stage.call('cfp', 'round-1')
  await stage.say('propose', 0)
  await stage.call('accept-proposal')
  await stage.call('inform')
  await stage.call('request', 'deliver')
  await stage.say('agree', 3)
  await stage.say('inform', 3)
  assert.equal(stage.state(), 'done')
  assert.deepEqual(stage.told(), [])
  await stage.world.router.close()
})

test('a broker passes on whatever answers the question that it was given', async () => {
  for (const act of ['propose', 'accept-proposal', 'reject-proposal', 'inform'] as const) {
    const stage = await begin('fipa-brokering')
    await stage.call('proxy', 'p')
    await stage.say('agree', 0)
    await stage.say(act, 0)
    await stage.say(act, 0)
    assert.deepEqual([stage.state(), stage.told()], ['done', []])
    await stage.world.router.close()
  }
})

test('a recruiter tells about targets that are lost after it has said that others were found', async () => {
  const stage = await begin('fipa-recruiting')
  await stage.call('proxy', 'p')
  await stage.say('agree', 0)
  await stage.say('inform', 0)
  await stage.say('inform', 0)
  assert.deepEqual([stage.state(), stage.told()], ['done', []])
  await stage.world.router.close()
})

for (const protocol of ['fipa-brokering', 'fipa-recruiting']) {
  test(`what is only told under ${protocol} waits for no answer, and may get one`, async () => {
    const world = new World()
    await world.spawn('mediator', (message, guest) => {
      if (message.performative !== 'proxy') return 0
      guest.send({ ...replyTo(message), performative: 'agree' })
      guest.send({ ...replyTo(message), receiver: 'quiet', performative: 'inform' })
      guest.send({ ...replyTo(message), receiver: 'polite', performative: 'inform' })
      guest.send({ ...replyTo(message), performative: 'inform' })
      return 0
    })
    await world.spawn('quiet', () => 0)
    await world.spawn('polite', (message, guest) => {
      if (message.sender === 'mediator') guest.send({ ...replyTo(message), performative: 'inform' })
      return 0
    })
    world.router.send({ performative: 'proxy', receiver: 'mediator', protocol, conversation_id: 'c', reply_with: 'p' })
    await world.router.idle()
    const [talk] = world.router.conversations()
    assert.deepEqual(
      talk?.dialogues.map(({ partner, state }) => [partner, state]),
      [
        ['mediator', 'done'],
        ['quiet', 'told'],
        ['polite', 'done'],
      ],
    )
    assert.deepEqual(world.of('undelivered'), [])
    await world.router.close()
  })
}

test('a recruiter may ask by another protocol in a conversation of its own, and answers go where it says', async () => {
  const world = new World()
  await world.spawn('recruiter', (message, guest) => {
    if (message.performative !== 'proxy') return 0
    guest.send({ ...replyTo(message), performative: 'agree' })
    const place = { protocol: 'fipa-query', conversation_id: 'sub', reply_to: message.sender, reply_with: 'q' } as const
    for (const receiver of ['x', 'y']) guest.send({ performative: 'query-ref', receiver, ...place })
    guest.send({ ...replyTo(message), performative: 'inform' })
    return 0
  })
  for (const name of ['x', 'y']) {
    await world.spawn(name, (message, guest) => {
      if (message.sender !== 'caxton') guest.send({ ...replyTo(message), performative: 'inform' })
      return 0
    })
  }
  await world.spawn('initiator', ({ sender }, guest) => {
    const place = { receiver: 'recruiter', protocol: 'fipa-recruiting', reply_with: 'p' } as const
    if (sender === 'user') guest.send({ performative: 'proxy', conversation_id: 'main', ...place })
    return 0
  })
  world.router.send({ performative: 'request', receiver: 'initiator', conversation_id: 'go' })
  await world.router.idle()
  const heard = world
    .begun('initiator')
    .map(({ sender, conversation_id, in_reply_to }) => [sender, conversation_id, in_reply_to])
  assert.deepEqual(heard.toSorted(), [
    ['recruiter', 'main', 'p'],
    ['recruiter', 'main', 'p'],
    ['user', 'go', undefined],
    ['x', 'sub', 'q'],
    ['y', 'sub', 'q'],
  ])
  assert.deepEqual(world.of('undelivered'), [])
  const states = world.router
    .conversations()
    .flatMap(({ dialogues }) => dialogues.map(({ partner, state }) => [partner, state]))
  assert.deepEqual(states.toSorted(), [
    ['recruiter', 'done'],
    ['x', 'done'],
    ['y', 'done'],
  ])
  await world.router.close()
})
