import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hammerKills } from './kill.ts'

test('a system that is killed fifty times loses nothing that was accepted, and does nothing twice', async () => {
  const seed = Math.floor(Math.random() * 1e9)
  const report = await hammerKills({ rounds: 50, seed, tokensPerRound: 120, lifeMs: 60 })
  assert.deepEqual([report.lost, report.doubled, report.odd], [[], 0, []], `seed ${seed}`)
  assert.ok(report.kills >= 10 && report.accepted > 100, JSON.stringify(report))
})
