import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Grants } from '../../capability/index.ts'
import { NO_GRANTS, STATUS } from '../../capability/index.ts'
import { parseGrants } from '../../system/index.ts'
import { DelegationService } from './service.ts'

const AGENTS: Readonly<Record<string, Grants>> = {
  giver: { ...NO_GRANTS, tools: ['weather/*'], http: [], delegate: ['tools'] },
  holder: NO_GRANTS,
}
const NOTHING = new Uint8Array()

test('the use of a delegated tool is a call of that tool, with what was passed on and nothing else', () => {
  const service = new DelegationService({ grantsOf: (agent) => AGENTS[agent] ?? null, parseGrants })
  const delegate = (request: unknown) =>
    service.delegate('giver', { id: 1, service: 'delegate', text: JSON.stringify(request), bytes: NOTHING })
  const wider = { to: 'holder', grant: 'tools', value: ['files/read'] }
  assert.equal(delegate(wider).status, STATUS.DENIED)
  assert.equal(delegate({ to: 'holder', grant: 'http', value: [] }).status, STATUS.DENIED)
  assert.equal(delegate({ to: 'holder', grant: 'files', value: [] }).status, STATUS.INVALID)
  const given = delegate({ to: 'holder', grant: 'tools', value: ['weather/forecast'] })
  const { handle } = JSON.parse(Buffer.from(given.bytes).toString()) as { handle: string }
  const bytes = Buffer.from('{"city":"Oslo"}')
  const used = service.use('holder', { id: 2, service: 'use_delegation', text: `${handle}\nweather/forecast`, bytes })
  assert.deepEqual(used, {
    grants: { http: [], tools: ['weather/forecast'] },
    ask: { id: 2, service: 'call_tool', text: 'weather/forecast', bytes },
  })
  for (const text of [handle, `\nweather/forecast`, `${handle}x\nweather/forecast`]) {
    const ask = { id: 3, service: 'use_delegation', text, bytes } as const
    assert.throws(() => service.use('holder', ask), { code: 'ERR_DELEGATION_UNUSABLE' })
  }
})
