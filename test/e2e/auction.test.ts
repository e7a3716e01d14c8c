import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadSystem } from '../../src/index.ts'
import { Cast } from './cast.ts'
import { ROOT } from './run-system.ts'

const EXAMPLE = join(ROOT, 'examples/auction/caxton.toml')
const PROTOCOL = 'fipa-auction-english'
const seats = (count: number) => Array.from({ length: count }, (_, index) => `auctioneer.bidder-${index + 1}`)

test('an English auction ends with the richest bidder, whatever becomes of the others', async () => {
  await using cast = await Cast.of(await loadSystem(EXAMPLE))
  assert.deepEqual(await cast.play('auctioneer'), {
    winner: 'auctioneer.bidder-36',
    price: 460,
    rounds: 14,
    out: {
      nobody: 'ERR_AGENT_UNKNOWN',
      'auctioneer.fainter': 'ERR_GUEST_ABORT',
      'auctioneer.looper': 'ERR_LIMIT_FUEL',
      'auctioneer.dawdler': 'ERR_PROTOCOL_DEADLINE',
      'auctioneer.liar': 'ERR_PROTOCOL_DEADLINE',
      'auctioneer.mute': 'ERR_PROTOCOL_DEADLINE',
    },
  })
  cast.assertEnded()
  assert.deepEqual(cast.states(PROTOCOL), {
    done: ['auctioneer.bidder-36'],
    closed: [...seats(35), 'auctioneer.dawdler', 'auctioneer.liar', 'auctioneer.mute'].toSorted(),
    lost: ['auctioneer.fainter', 'auctioneer.looper'],
  })
  // What comes late or out of turn is answered by the runtime and reaches nobody.
  assert.deepEqual(cast.told('auctioneer.dawdler'), [
    'reject-proposal ERR_PROTOCOL_DEADLINE',
    'reject-proposal ERR_PROTOCOL_DEADLINE',
  ])
  assert.deepEqual(cast.told('auctioneer.liar'), [
    'not-understood ERR_PROTOCOL_TURN',
    'not-understood ERR_PROTOCOL_TURN',
  ])
  for (const name of ['dawdler', 'liar', 'mute']) assert.deepEqual(cast.heard('auctioneer', `auctioneer.${name}`), [])
})
