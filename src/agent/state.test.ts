import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CaxtonError, isCaxtonError } from '../core/index.ts'
import type { AgentPhase, AgentState } from './state.ts'
import { follow, isFinal, NEXT_PHASES, takesMessages } from './state.ts'

const STATES: Readonly<Record<AgentPhase, AgentState>> = {
  loaded: { phase: 'loaded' },
  running: { phase: 'running' },
  draining: { phase: 'draining' },
  stopped: { phase: 'stopped' },
  failed: { phase: 'failed', reason: new CaxtonError('ERR_GUEST_TRAP') },
}
const PHASES = Object.keys(STATES) as AgentPhase[]

test('only the listed transitions are possible', () => {
  const possible = PHASES.flatMap((from) =>
    PHASES.filter((to) => {
      try {
        return follow(STATES[from], STATES[to]) === STATES[to]
      } catch (error) {
        assert.ok(isCaxtonError(error, 'ERR_INTERNAL'))
        return false
      }
    }).map((to) => `${from} -> ${to}`),
  )
  assert.deepEqual(possible, [
    'loaded -> running',
    'loaded -> stopped',
    'loaded -> failed',
    'running -> draining',
    'running -> stopped',
    'running -> failed',
    'draining -> stopped',
    'draining -> failed',
  ])
})

test('a final phase has no next one and takes no messages', () => {
  for (const phase of PHASES) {
    assert.equal(isFinal(phase), NEXT_PHASES[phase].length === 0)
    if (isFinal(phase)) assert.equal(takesMessages(phase), false)
  }
  assert.deepEqual(PHASES.filter(takesMessages), ['loaded', 'running'])
})
