import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createGate, settle } from '../../test/fakes/sandbox.ts'
import { echo, replyOf, trap, World } from '../../test/fakes/world.ts'
import type { Draft, ErrorCode, Message } from '../core/index.ts'
import { CaxtonError } from '../core/index.ts'
import { messageBytes } from '../sandbox/index.ts'

const ask = (receiver: string, fields: Partial<Draft> = {}): Draft => ({ performative: 'request', receiver, ...fields })
const reasonOf = (message: Message | undefined): unknown => JSON.parse(message?.content ?? '{}').reason
const withCode = (code: ErrorCode) => (error: unknown) => error instanceof CaxtonError && error.code === code

describe('delivery', () => {
  test('a message of the user reaches the agent it names, its reply comes back', async () => {
    const world = new World()
    await world.spawn('one', echo)
    const sent = world.router.send(ask('one', { content: '{"x":1}', reply_with: 'q' }))
    await settle()
    assert.deepEqual(
      world.begun('one').map(({ message_id }) => message_id),
      [sent.message_id],
    )
    const { message_id, ...reply } = world.toUser[0]!
    assert.deepEqual(reply, {
      performative: 'inform',
      sender: 'one',
      receiver: 'user',
      conversation_id: sent.message_id,
      in_reply_to: 'q',
      content: '{"x":1}',
    })
    assert.notEqual(message_id, sent.message_id)
  })

  test('events tell the whole story in order, as plain data', async () => {
    const world = new World()
    await world.spawn('one', echo, { offers: ['echo'] })
    world.router.send(ask('one'))
    await settle()
    assert.deepEqual(
      world.events.map((event) => event.type),
      ['state', 'registered', 'sent', 'delivered', 'sent', 'delivered', 'handled'],
    )
    assert.deepEqual(structuredClone(world.events), world.events)
    const elapsed = world.events.map(({ elapsedMs }) => elapsedMs)
    assert.deepEqual(
      elapsed,
      elapsed.toSorted((a, b) => a - b),
    )
  })

  test('messages of each sender to each receiver arrive in the order in which they were sent', async () => {
    const world = new World()
    const got = new Map<string, number[]>()
    const take = (message: Message) => {
      const key = `${message.sender} ${message.receiver}`
      got.set(key, [...(got.get(key) ?? []), Number(message.content)])
      return Math.random() < 0.5 ? 0 : settle().then(() => 0)
    }
    await world.spawn('left', take)
    await world.spawn('right', take)
    for (const name of ['a', 'b']) {
      await world.spawn(name, (message, guest) => {
        for (let index = 0; index < 50; index += 1) {
          const receiver = index % 3 === 0 ? 'left' : 'right'
          guest.send({ performative: 'inform', receiver, content: String(Number(message.content) * 50 + index) })
        }
        return settle().then(() => 0)
      })
    }
    for (let round = 0; round < 3; round += 1) {
      for (const receiver of ['a', 'b']) {
        world.router.send({ performative: 'inform', receiver, content: String(round) })
      }
    }
    await world.router.idle()
    assert.deepEqual([...got.keys()].toSorted(), ['a left', 'a right', 'b left', 'b right'])
    for (const numbers of got.values()) {
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
    }
    assert.equal([...got.values()].flat().length, 300)
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
    assert.deepEqual(world.credit.mistakes, [])
  })
})

describe('a list of receivers', () => {
  test('each gets a message of its own, in one conversation, and what cannot be delivered comes back', async () => {
    const world = new World()
    await world.spawn('a', echo)
    await world.spawn('b', echo)
    const first = world.router.send({ performative: 'request', receiver: 'a', others: ['nobody', 'b'], content: '1' })
    await world.router.idle()
    assert.equal(first.receiver, 'a')
    const answers = world.toUser.map(({ sender, performative, conversation_id }) => [
      sender,
      performative,
      conversation_id,
    ])
    const id = first.message_id
    assert.deepEqual(answers.toSorted(), [
      ['a', 'inform', id],
      ['b', 'inform', id],
      ['caxton', 'failure', id],
    ])
    await world.router.close()
  })

  test('a request takes one receiver', async () => {
    const world = new World()
    await assert.rejects(world.router.request({ performative: 'request', receiver: 'a', others: ['b'] }, 1_000), {
      code: 'ERR_MESSAGE_INVALID',
    })
  })
})

describe('what cannot be delivered', () => {
  const cases: readonly { name: string; receiver: string; reason: ErrorCode }[] = [
    { name: 'an unknown agent', receiver: 'nobody', reason: 'ERR_AGENT_UNKNOWN' },
    { name: 'a capability that nobody offers', receiver: 'capability:fly', reason: 'ERR_CAPABILITY_UNKNOWN' },
    { name: 'a capability that only the sender offers', receiver: 'capability:own', reason: 'ERR_CAPABILITY_UNKNOWN' },
    { name: 'an unknown scheme', receiver: 'planet:news', reason: 'ERR_MESSAGE_ADDRESS' },
    { name: 'the runtime', receiver: 'caxton', reason: 'ERR_AGENT_UNKNOWN' },
    { name: 'an agent that stopped', receiver: 'stopped', reason: 'ERR_AGENT_NOT_RUNNING' },
    { name: 'an agent that failed', receiver: 'failed', reason: 'ERR_AGENT_NOT_RUNNING' },
    { name: 'an agent that drains', receiver: 'draining', reason: 'ERR_AGENT_NOT_RUNNING' },
    { name: 'an agent that takes only smaller messages', receiver: 'small', reason: 'ERR_LIMIT_MESSAGE_BYTES' },
  ]
  for (const { name, receiver, reason } of cases) {
    test(`${name}: the sender is told ${reason}`, async () => {
      const world = new World()
      const gate = createGate()
      await (await world.spawn('stopped', () => 0)).stop()
      await world.spawn('failed', trap)
      await world.spawn('draining', () => gate.passed.then(() => 0))
      await world.spawn('small', () => 0, { limits: { messageBytes: 256 } })
      for (const victim of ['failed', 'draining']) world.router.send({ performative: 'inform', receiver: victim })
      await settle()
      void world.router.agent('draining')?.drain()
      const told: Message[] = []
      await world.spawn(
        'sender',
        (message, guest) => {
          if (message.sender === 'caxton') told.push(message)
          else
            guest.send({ ...ask(receiver), reply_with: 'q', protocol: 'fipa-request', content: `"${'x'.repeat(300)}"` })
          return 0
        },
        { offers: ['own'] },
      )
      world.router.send({ performative: 'inform', receiver: 'sender', conversation_id: 'c' })
      await settle()
      gate.open()
      await world.router.idle()
      assert.equal(told.length, 1)
      const [notice] = told
      assert.deepEqual(
        [notice?.performative, notice?.sender, notice?.in_reply_to, notice?.protocol],
        ['failure', 'caxton', 'q', 'fipa-request'],
      )
      const content = JSON.parse(notice?.content ?? '')
      assert.deepEqual(Object.keys(content), ['reason', 'sentence', 'message_id', 'receiver'])
      assert.deepEqual([content.reason, content.receiver], [reason, receiver])
      const undelivered = world.of('undelivered').find(({ message }) => message.sender === 'sender')
      assert.deepEqual(
        [undelivered?.error.code, undelivered?.answered, undelivered?.message.message_id],
        [reason, true, content.message_id],
      )
      assert.deepEqual(world.credit.mistakes, [])
      assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
    })
  }

  test('the user is told as well, with the detail', () => {
    const world = new World()
    world.router.send(ask('nobody'))
    assert.equal(world.toUser[0]?.performative, 'failure')
    assert.deepEqual(
      [reasonOf(world.toUser[0]), JSON.parse(world.toUser[0]?.content ?? '').detail],
      ['ERR_AGENT_UNKNOWN', "'nobody'"],
    )
  })

  test('a message of the user that finds the mailbox full is answered', async () => {
    const world = new World()
    const gate = createGate()
    await world.spawn('one', () => gate.passed.then(() => 0), { limits: { mailboxMessages: 2 } })
    for (let count = 0; count < 3; count += 1) world.router.send(ask('one'))
    assert.deepEqual(world.toUser.map(reasonOf), ['ERR_LIMIT_MAILBOX'])
    gate.open()
    await world.router.idle()
    assert.equal(world.begun('one').length, 2)
  })
})

describe('what went wrong in an agent', () => {
  const cases = [
    { name: 'status 1', result: () => 1, act: 'not-understood', reason: 'ERR_MESSAGE_NOT_UNDERSTOOD' },
    { name: 'status 5', result: () => 5, act: 'failure', reason: 'ERR_GUEST_STATUS' },
    { name: 'a trap', result: trap, act: 'failure', reason: 'ERR_GUEST_TRAP' },
    { name: 'no fuel', result: () => new CaxtonError('ERR_LIMIT_FUEL'), act: 'failure', reason: 'ERR_LIMIT_FUEL' },
  ] as const
  for (const { name, result, act, reason } of cases) {
    test(`${name} is told to the sender as ${act}`, async () => {
      const world = new World()
      await world.spawn('one', result)
      const sent = world.router.send(ask('one', { reply_with: 'q' }))
      await world.router.idle()
      const [notice] = world.toUser
      assert.deepEqual([notice?.performative, notice?.sender, notice?.in_reply_to], [act, 'caxton', 'q'])
      assert.deepEqual([reasonOf(notice), JSON.parse(notice?.content ?? '').message_id], [reason, sent.message_id])
    })
  }

  test('every message that waited behind a trap is answered', async () => {
    const world = new World()
    await world.spawn('one', trap)
    for (let count = 0; count < 40; count += 1) world.router.send(ask('one'))
    await world.router.idle()
    assert.deepEqual(world.toUser.map(reasonOf), [
      'ERR_GUEST_TRAP',
      ...Array.from({ length: 39 }, () => 'ERR_AGENT_NOT_RUNNING'),
    ])
    assert.deepEqual(
      world.of('state').map(({ to, reason }) => [to, reason?.code]),
      [
        ['running', undefined],
        ['failed', 'ERR_GUEST_TRAP'],
      ],
    )
  })
})

describe('no loops', () => {
  test('a notice that is not understood is not answered', async () => {
    const world = new World()
    await world.spawn('one', (message, guest) => {
      if (message.sender === 'user') guest.send(ask('nobody'))
      return message.sender === 'caxton' ? 1 : 0
    })
    world.router.send(ask('one'))
    await world.router.idle()
    assert.deepEqual(
      world.of('sent').map(({ message }) => message.sender),
      ['user', 'one', 'caxton'],
    )
  })

  test('a notice whose receiver is gone ends with an event', async () => {
    const world = new World()
    await world.spawn('one', (_message, guest) => {
      guest.send(ask('two'))
      return trap()
    })
    const gate = createGate()
    await world.spawn('two', () => gate.passed.then(() => 1))
    world.router.send(ask('one'))
    await settle()
    gate.open()
    await world.router.idle()
    const last = world.of('undelivered').at(-1)
    assert.deepEqual(
      [last?.message.sender, last?.message.performative, last?.answered, last?.error.code],
      ['caxton', 'not-understood', false, 'ERR_AGENT_NOT_RUNNING'],
    )
  })

  for (const performative of ['failure', 'not-understood'] as const) {
    test(`an undeliverable ${performative} of an agent is reported and not answered`, async () => {
      const world = new World()
      await world.spawn('one', (message, guest) => {
        if (message.sender === 'user') guest.send({ performative, receiver: 'nobody' })
        return 0
      })
      world.router.send(ask('one'))
      await world.router.idle()
      assert.deepEqual(
        world.of('undelivered').map(({ answered }) => answered),
        [false],
      )
      assert.equal(world.of('sent').length, 2)
    })
  }

  test('two agents that understand nothing fall silent', async () => {
    const world = new World()
    for (const [name, other] of [
      ['one', 'two'],
      ['two', 'one'],
    ] as const) {
      await world.spawn(name, (message, guest) => {
        if (message.sender === 'user') guest.send(ask(other))
        return 1
      })
    }
    world.router.send(ask('one'))
    await world.router.idle()
    assert.equal(world.of('sent').length, 4)
  })
})

describe('notices and a full mailbox', () => {
  test('a notice waits for room, in order, and keeps the system awake', async () => {
    const world = new World()
    const told: unknown[] = []
    const gate = createGate()
    await world.spawn(
      'one',
      (message, guest) => {
        if (message.sender === 'caxton') {
          told.push(JSON.parse(message.content ?? '').receiver)
          return 0
        }
        for (let index = 0; index < 5; index += 1) guest.send(ask(`nobody-${index}`))
        return gate.passed.then(() => 0)
      },
      { limits: { mailboxMessages: 1 } },
    )
    world.router.send(ask('one'))
    await settle()
    assert.deepEqual(told, [])
    assert.equal(world.router.isIdle, false)
    gate.open()
    await world.router.idle()
    assert.deepEqual(told, ['nobody-0', 'nobody-1', 'nobody-2', 'nobody-3', 'nobody-4'])
  })

  for (const occasion of ['another notice', 'a lost thread'] as const) {
    test(`room that a thread gives back is found at ${occasion}, in order`, async () => {
      const world = new World()
      const told: unknown[] = []
      let tryAsking = (_receiver: string): unknown => null
      await world.spawn(
        'one',
        (message) => {
          told.push(JSON.parse(message.content ?? '').receiver)
          return 0
        },
        {
          limits: { mailboxMessages: 1 },
          init: (guest) => {
            tryAsking = (receiver) => guest.send(ask(receiver))
            return 0
          },
        },
      )
      world.credit.reserveRoom('one', 100)
      tryAsking('nobody-0')
      tryAsking('nobody-1')
      world.credit.release('one', 'elsewhere', 100)
      if (occasion === 'another notice') tryAsking('nobody-2')
      else world.sandboxes.get('one')?.events.onRestart?.(new CaxtonError('ERR_SANDBOX_THREAD_LOST'))
      await world.router.idle()
      assert.deepEqual(told, ['nobody-0', 'nobody-1', 'nobody-2'].slice(0, told.length))
      assert.equal(told.length, occasion === 'another notice' ? 3 : 2)
    })
  }

  test('those that wait are bounded and given up when the agent ends', async () => {
    const world = new World()
    const agent = await world.spawn(
      'one',
      (_message, guest) => {
        for (let index = 0; index < 1_100; index += 1) guest.send(ask('nobody'))
        return new Promise<number>(() => {})
      },
      { limits: { mailboxMessages: 1 } },
    )
    world.router.send(ask('one'))
    await settle()
    const given = () => world.of('undelivered').filter(({ message }) => message.sender === 'caxton')
    assert.equal(given().length, 1_100 - 1_024)
    assert.ok(given().every(({ error, answered }) => error.code === 'ERR_LIMIT_MAILBOX' && !answered))
    await agent.stop()
    assert.equal(given().length, 1_100)
    assert.ok(world.router.isIdle)
  })
})

describe('capabilities', () => {
  const worker = (world: World, name: string, spawn: object = {}) =>
    world.spawn(name, echo, { offers: ['count'], ...spawn })

  test('agents that offer one take turns', async () => {
    const world = new World()
    for (const name of ['a', 'b', 'c']) await worker(world, name)
    for (let count = 0; count < 6; count += 1) world.router.send(ask('capability:count'))
    await world.router.idle()
    assert.deepEqual(
      world.toUser.map(({ sender }) => sender),
      ['a', 'b', 'c', 'a', 'b', 'c'],
    )
  })

  test('whoever has no room or takes no messages is passed over', async () => {
    const world = new World()
    await worker(world, 'a')
    await worker(world, 'b', { limits: { mailboxMessages: 1 } })
    await (await worker(world, 'c')).stop()
    for (let count = 0; count < 4; count += 1) world.router.send(ask('capability:count'))
    assert.deepEqual(
      world.of('delivered').map(({ agent }) => agent),
      ['a', 'b', 'a', 'a'],
    )
    await world.router.idle()
  })

  test('when all are full the sender is told so', async () => {
    const world = new World()
    await worker(world, 'a', { limits: { mailboxMessages: 1 } })
    world.router.send(ask('capability:count'))
    world.router.send(ask('capability:count'))
    assert.deepEqual(world.toUser.map(reasonOf), ['ERR_LIMIT_MAILBOX'])
    await world.router.idle()
  })

  test('a sender never gets its own message', async () => {
    const world = new World()
    for (const name of ['a', 'b']) {
      await world.spawn(
        name,
        (message, guest) => {
          if (message.sender === 'user') for (let n = 0; n < 4; n += 1) guest.send(ask('capability:count'))
          return 0
        },
        { offers: ['count'] },
      )
    }
    world.router.send(ask('a'))
    await world.router.idle()
    assert.equal(world.begun('b').length, 4)
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('they exist only while the agent runs', async () => {
    const world = new World()
    const gate = createGate()
    const agent = world.add('a', () => gate.passed.then(() => 0), {
      offers: ['count'],
      init: () => settle().then(() => 0),
    })
    const started = agent.start()
    const reasons = () => world.toUser.map(reasonOf)
    world.router.send(ask('capability:count'))
    assert.deepEqual(reasons(), ['ERR_CAPABILITY_UNKNOWN'])
    await started
    world.router.send(ask('capability:count'))
    const drained = agent.drain()
    world.router.send(ask('capability:count'))
    assert.deepEqual(reasons(), ['ERR_CAPABILITY_UNKNOWN', 'ERR_CAPABILITY_UNKNOWN'])
    gate.open()
    await drained
    assert.equal(world.begun('a').length, 1)
  })

  test('what is not granted is refused and reaches nobody', async () => {
    const world = new World()
    await world.spawn('thief', () => 0, { offers: ['count'], mayOffer: ['steal'] })
    world.router.send(ask('capability:count'))
    assert.deepEqual(world.toUser.map(reasonOf), ['ERR_CAPABILITY_UNKNOWN'])
    assert.deepEqual(
      world.of('refused').map(({ agent, error }) => [agent, error.code]),
      [['thief', 'ERR_GRANT_MISSING']],
    )
    assert.deepEqual(world.of('registered'), [])
  })
})

describe('names', () => {
  for (const name of ['user', 'caxton']) {
    test(`nobody can be called ${name}`, () => {
      assert.throws(() => new World().add(name, () => 0), withCode('ERR_AGENT_NAME_TAKEN'))
    })
  }

  test('nobody can have a name that is none', () => {
    for (const name of ['', 'A', 'a b', 'capability:x', 'x'.repeat(65)]) {
      assert.throws(() => new World().add(name, () => 0), withCode('ERR_AGENT_NAME_INVALID'))
    }
  })

  test('a name belongs to one agent until it stops', async () => {
    const world = new World()
    const first = await world.spawn('one', () => 0)
    assert.throws(() => world.add('one', () => 0), withCode('ERR_AGENT_NAME_TAKEN'))
    assert.throws(() => world.router.remove('one'), withCode('ERR_AGENT_STATE'))
    await first.stop()
    await world.spawn('one', echo)
    world.router.send(ask('one'))
    await world.router.idle()
    assert.equal(world.toUser[0]?.sender, 'one')
    await world.router.agent('one')?.stop()
    world.router.remove('one')
    assert.throws(() => world.router.remove('one'), withCode('ERR_AGENT_UNKNOWN'))
    assert.deepEqual(world.router.agents(), [])
    assert.deepEqual(world.credit.mistakes, [])
  })

  test('an agent that has started elsewhere is not taken', async () => {
    const world = new World()
    const agent = await world.spawn('one', () => 0)
    await agent.stop()
    assert.throws(() => world.router.add(agent), withCode('ERR_AGENT_STATE'))
  })

  test('a message under another name goes nowhere, even when a sandbox lets it through', async () => {
    const world = new World()
    await world.spawn('one', () => 0)
    await world.spawn('two', () => 0)
    const forged: Message = {
      performative: 'inform',
      sender: 'two',
      receiver: 'one',
      message_id: 'x',
      conversation_id: 'x',
    }
    const reserved = world.credit.accept('one', 'one', messageBytes(forged))
    world.sandboxes.get('one')?.events.onSend(forged, reserved === true)
    assert.deepEqual(
      world.of('refused').map(({ agent, error }) => [agent, error.code]),
      [['one', 'ERR_MESSAGE_SENDER_FORGED']],
    )
    assert.deepEqual(world.of('sent'), [])
    assert.deepEqual(world.credit.held(), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('the user speaks for itself only', () => {
    const world = new World()
    const draft = ask('one', { sender: 'one' })
    assert.throws(() => world.router.send(draft), withCode('ERR_MESSAGE_SENDER_FORGED'))
    assert.throws(() => world.router.send(ask('planet:x')), withCode('ERR_MESSAGE_ADDRESS'))
    assert.deepEqual(world.events, [])
  })
})

describe('rest', () => {
  test('a router without agents is at rest', async () => {
    await new World().router.idle()
  })

  test('it comes when nothing is handled, waits, or starts any more', async () => {
    const world = new World()
    const starting = createGate()
    const handling = createGate()
    const agent = world.add('one', () => handling.passed.then(() => 0), {
      init: () => starting.passed.then(() => 0),
    })
    let rests = false
    const started = agent.start()
    const rested = world.router.idle().then(() => {
      rests = true
    })
    await settle()
    assert.equal(rests, false)
    world.router.send(ask('one'))
    starting.open()
    await started
    await settle()
    assert.equal(rests, false)
    handling.open()
    await rested
  })

  test('a chain of messages is over before it comes', async () => {
    const world = new World()
    for (let index = 0; index < 20; index += 1) {
      await world.spawn(`a${index}`, async (message, guest) => {
        await settle()
        guest.send({ ...message, receiver: index === 19 ? 'user' : `a${index + 1}` })
        return 0
      })
    }
    world.router.send(ask('a0'))
    await world.router.idle()
    assert.equal(world.toUser.length, 1)
  })

  test('what the user sends while it gets a message is counted', async () => {
    const world = new World()
    await world.spawn('one', echo)
    let rounds = 0
    world.onUserMessage = () => {
      rounds += 1
      if (rounds < 5) world.router.send(ask('one'))
    }
    world.router.send(ask('one'))
    await world.router.idle()
    assert.equal(rounds, 5)
  })
})

describe('drain and close', () => {
  test('drain lets the work in flight come to its end', async () => {
    const world = new World()
    const gate = createGate()
    await world.spawn('two', echo)
    await world.spawn('one', async (message, guest) => {
      await gate.passed
      if (message.sender === 'user') guest.send({ ...replyOf(message), performative: 'query-ref', receiver: 'two' })
      else guest.send({ performative: 'inform', receiver: 'user', content: '"done"' })
      return 0
    })
    world.router.send(ask('one'))
    const drained = world.router.drain()
    assert.throws(() => world.router.send(ask('one')), withCode('ERR_RUNTIME_CLOSED'))
    assert.throws(() => world.add('three', echo), withCode('ERR_RUNTIME_CLOSED'))
    gate.open()
    await drained
    assert.deepEqual(
      world.toUser.map(({ content }) => content),
      ['"done"'],
    )
    assert.deepEqual(
      world.router.agents().map(({ phase }) => phase),
      ['stopped', 'stopped'],
    )
  })

  test('drain closes at its deadline', async () => {
    const world = new World()
    await world.spawn('one', () => new Promise(() => {}))
    world.router.send(ask('one'))
    await world.router.drain(1)
    assert.deepEqual(world.toUser.map(reasonOf), ['ERR_AGENT_NOT_RUNNING'])
  })

  test('close answers the user, rejects what waits, and leaves nothing behind', async () => {
    const world = new World()
    await world.spawn('one', () => new Promise(() => {}))
    const request = world.router.request(ask('one'), 60_000)
    world.router.send(ask('one'))
    const closed = world.router.close()
    assert.equal(world.router.close(), closed)
    await assert.rejects(request, withCode('ERR_RUNTIME_CLOSED'))
    await closed
    await assert.rejects(world.router.request(ask('one'), 1), withCode('ERR_RUNTIME_CLOSED'))
    assert.ok(world.router.isIdle)
    assert.equal(world.sandboxes.get('one')?.closeCount, 1)
    assert.deepEqual(world.credit.mistakes, [])
  })

  test('agents that close are not told about each other', async () => {
    const world = new World()
    const hang = () => new Promise<number>(() => {})
    await world.spawn('two', hang)
    await world.spawn('one', (_message, guest) => {
      guest.send(ask('two'))
      return hang()
    })
    world.router.send(ask('one'))
    await settle()
    await world.router.close()
    assert.deepEqual(
      world.of('undelivered').map(({ message, answered }) => [message.sender, answered]),
      [
        ['one', false],
        ['user', true],
      ],
    )
  })
})
