import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Cast } from './cast.ts'

const HONEST = 36
const PATIENCE_MS = 2_000
const LATE = 'ERR_PROTOCOL_DEADLINE'
const OUT_OF_TURN = 'not-understood ERR_PROTOCOL_TURN'

/** Participants that nobody can rely on, beside the honest ones. The last one is not there. */
async function addStrangers(cast: Cast): Promise<string[]> {
  await cast.bidder('mute', { manner: 'mute' }, 0)
  await cast.bidder('looper', { manner: 'loops', at: 1 }, 0)
  await cast.bidder('liar', { manner: 'lies' }, 1)
  await cast.bidder('sleeper', { manner: 'sleeps', limit: 1_000_000, sleep_ms: PATIENCE_MS + 500 }, 2)
  return ['mute', 'looper', 'liar', 'sleeper', 'nobody']
}
const OUT = { mute: LATE, looper: 'ERR_LIMIT_FUEL', liar: LATE, sleeper: LATE, nobody: 'ERR_AGENT_UNKNOWN' }

test('a Dutch auction goes to the first of two that bid at once, and the other one is rejected', async () => {
  await using cast = await Cast.start()
  const names = await cast.bidders(HONEST, 100, 10)
  // Two have the highest limit, which is the fourth price.
  await cast.bidder('rich-1', { limit: 700 }, 0)
  await cast.bidder('rich-2', { limit: 700 }, 2)
  await cast.bidder('mute', { manner: 'mute' }, 0)
  await cast.bidder('looper', { manner: 'loops', at: 2 }, 0)
  await cast.bidder('dawdler', { manner: 'late', limit: 1_000_000 }, 2)
  const bidders = [...names, 'rich-1', 'rich-2', 'mute', 'looper', 'dawdler']
  const prices = { start: 1_000, step: 100, reserve: 100 }
  await cast.initiator('auctioneer', 'dutch.c', { bidders: bidders.join(' '), patience_ms: PATIENCE_MS, ...prices })
  const { winner, ...result } = (await cast.play('auctioneer')) as { winner: string }
  // The one that is gone is told so when it is called again.
  assert.deepEqual(result, { price: 700, rounds: 4, out: { mute: LATE, looper: 'ERR_PROTOCOL_TURN', dawdler: LATE } })
  const other = winner === 'rich-1' ? 'rich-2' : 'rich-1'
  cast.assertEnded()
  assert.deepEqual(cast.states('fipa-auction-dutch'), {
    closed: [...names, winner, other, 'mute', 'dawdler'].toSorted(),
    lost: ['looper'],
  })
  const acts = (name: string) => cast.heard(name, 'auctioneer').map(({ performative }) => performative)
  assert.deepEqual(acts(winner), ['cfp', 'cfp', 'cfp', 'cfp', 'accept-proposal', 'inform'])
  assert.deepEqual(acts(other), ['cfp', 'cfp', 'cfp', 'cfp', 'reject-proposal', 'inform'])
  assert.deepEqual(new Set(cast.told('dawdler')), new Set([`reject-proposal ${LATE}`]))
  assert.deepEqual(cast.heard('auctioneer', 'dawdler'), [])
})

test('a Dutch auction that meets its reserve is over for everybody', async () => {
  await using cast = await Cast.start()
  const names = await cast.bidders(HONEST, 1, 1)
  const prices = { start: 300, step: 100, reserve: 100 }
  await cast.initiator('auctioneer', 'dutch.c', { bidders: names.join(' '), patience_ms: PATIENCE_MS, ...prices })
  await assert.rejects(cast.play('auctioneer'), { code: 'ERR_REQUEST_FAILED' })
  await cast.caxton.idle()
  assert.deepEqual(cast.states('fipa-auction-dutch'), { closed: names.toSorted() })
})

describe('a contract net', () => {
  test('takes the cheapest of dozens, and names who did not answer and why', async () => {
    await using cast = await Cast.start()
    const names = await cast.bidders(HONEST, 500, 10)
    await cast.bidder('cheap', { limit: 400 }, 0)
    const bidders = [...names, 'cheap', ...(await addStrangers(cast))].join(' ')
    const config = { protocol: 'fipa-contract-net', bidders, patience_ms: PATIENCE_MS }
    await cast.initiator('manager', 'net.as.ts', config)
    assert.deepEqual(await cast.play('manager'), { winner: 'cheap', price: 400, rounds: 1, out: OUT })
    await assertUnheard(cast, 'manager', `reject-proposal ${LATE}`)
    cast.assertEnded()
    assert.deepEqual(cast.states('fipa-contract-net'), {
      done: ['cheap'],
      rejected: names.toSorted(),
      late: ['liar', 'mute', 'sleeper'],
      lost: ['looper'],
    })
  })

  test('in rounds calls whoever has proposed again, until one is left', async () => {
    await using cast = await Cast.start()
    const names = await cast.bidders(HONEST, 100, 10)
    await cast.bidder('rich', { limit: 480 }, 1)
    const bidders = [...names, 'rich', ...(await addStrangers(cast))].join(' ')
    const config = { protocol: 'fipa-iterated-contract-net', bidders, start: 305, step: 30, patience_ms: PATIENCE_MS }
    await cast.initiator('manager', 'net.as.ts', config)
    // At 425 there are four, at 455 one.
    assert.deepEqual(await cast.play('manager'), { winner: 'rich', price: 480, rounds: 6, out: OUT })
    await assertUnheard(cast, 'manager', `reject-proposal ${LATE}`)
    cast.assertEnded()
    assert.deepEqual(cast.states('fipa-iterated-contract-net'), {
      done: ['rich'],
      refused: names.toSorted(),
      late: ['liar', 'mute', 'sleeper'],
      lost: ['looper'],
    })
  })
})

/** What comes late, and what is out of turn, is answered by the runtime and reaches nobody. */
async function assertUnheard(cast: Cast, initiator: string, late = OUT_OF_TURN): Promise<void> {
  while (cast.told('sleeper').length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  await cast.caxton.idle()
  assert.deepEqual([cast.told('sleeper'), cast.told('liar')], [[late], [OUT_OF_TURN]])
  for (const name of ['sleeper', 'liar']) assert.deepEqual(cast.heard(initiator, name), [])
}

describe('a mediator', () => {
  const config = (names: readonly string[]) => ({ targets: names.join(' '), patience_ms: PATIENCE_MS })

  test('that brokers asks dozens and passes one answer on, with who gave none', async () => {
    await using cast = await Cast.start()
    const names = await cast.bidders(HONEST, 500, -10)
    const strangers = await addStrangers(cast)
    await cast.initiator('broker', 'broker.as.ts', config([...names, ...strangers]))
    await cast.initiator('client', 'client.ts', { mediator: 'broker', protocol: 'fipa-brokering' })
    assert.deepEqual(await cast.play('client'), { winner: 'bidder-35', price: 150, out: OUT })
    await assertUnheard(cast, 'broker')
    cast.assertEnded()
    assert.deepEqual(cast.states('fipa-brokering'), {
      done: [...names, 'broker'].toSorted(),
      late: ['liar', 'mute', 'sleeper'],
      lost: ['looper'],
    })
    for (const name of names) assert.deepEqual(cast.heard('client', name), [])
  })

  for (const designated of [null, 'desk']) {
    const whom = designated === null ? 'the initiator' : 'whom it designates'
    test(`that recruits has dozens answer ${whom}, who learns who will not`, async () => {
      await using cast = await Cast.start()
      const names = await cast.bidders(HONEST, 500, -10)
      const strangers = await addStrangers(cast)
      await cast.initiator('recruiter', 'recruiter.c', config([...names, ...strangers]))
      const asked = { mediator: 'recruiter', protocol: 'fipa-recruiting' }
      await cast.initiator('client', 'client.ts', designated === null ? asked : { ...asked, designated })
      if (designated !== null) await cast.initiator(designated, 'client.ts', {})
      assert.deepEqual(await cast.play('client'), { winner: 'bidder-35', price: 150, out: OUT })
      await assertUnheard(cast, designated ?? 'client')
      cast.assertEnded()
      assert.deepEqual(cast.states('fipa-recruiting'), {
        done: [...names, 'recruiter'].toSorted(),
        late: ['liar', 'mute', 'sleeper'],
        lost: ['looper'],
      })
      const collecting = designated ?? 'client'
      for (const name of names) {
        assert.deepEqual(
          [collecting, 'recruiter', 'client'].map((agent) => cast.heard(agent, name).length),
          [1, 0, designated === null ? 1 : 0],
        )
      }
    })
  }
})
