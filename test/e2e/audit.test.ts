import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createDirectory } from '../fakes/data-directory.ts'
import { runProgram, runSystem } from './run-system.ts'

const SYSTEM = `
name = "audited"

[agents.clerk]
source = "clerk.ts"
grants = { send = ["user"], http = [{ url = "http://127.0.0.1:1/*", methods = ["GET"] }] }

[[send]]
to = "clerk"
performative = "request"

[goal]
from = "clerk"
performative = "inform"
within = "20s"
`
const CLERK = `
import { fetch, reply } from 'caxton'
export async function handleMessage(message) {
  for (const url of ['http://127.0.0.1:1/a?token=secret', 'http://127.0.0.1:2/b']) {
    try {
      await fetch(url)
    } catch {}
  }
  return reply(message, 'inform', 'done')
}
`

test('what agents did by way of services is listed after the run, without what they sent', async (context) => {
  const folder = createDirectory(context)
  const data = join(folder, 'data')
  writeFileSync(join(folder, 'caxton.toml'), SYSTEM)
  writeFileSync(join(folder, 'clerk.ts'), CLERK)
  const { exitCode, stderr } = await runSystem(folder, '--data', data)
  assert.equal(exitCode, 0, stderr)
  const { stdout } = await runProgram('audit', '--data', data, '--json')
  const records = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map(
      (line) => JSON.parse(line) as { agent: string; service: string; target: string; outcome: string; atMs: number },
    )
  assert.deepEqual(
    records.map(({ agent, service, target }) => [agent, service, target]),
    [
      ['clerk', 'http', 'GET http://127.0.0.1:1/a'],
      ['clerk', 'http', 'GET http://127.0.0.1:2/b'],
    ],
  )
  assert.ok(records.every(({ outcome, atMs }) => outcome !== 'ok' && Math.abs(Date.now() - atMs) < 600_000))
  assert.doesNotMatch(stdout, /secret/)
  const table = await runProgram('audit', '--data', data, '--agent', 'clerk', '--service', 'http')
  assert.match(table.stdout, /^when +agent +service +target +outcome/)
  assert.equal(table.stdout.trimEnd().split('\n').length, 3)
  assert.equal((await runProgram('audit', '--data', data, '--agent', 'other', '--json')).stdout, '')
})
