import assert from 'node:assert/strict'
import { test } from 'node:test'
import binaryen from 'binaryen'
import { Caxton } from '../index.ts'

/** An agent of a few bytes that does nothing. */
function createIdleAgent(): Uint8Array {
  const module = binaryen.parseText(`(module (memory (export "memory") 1)
    (func (export "caxton_alloc") (param i32) (result i32) (i32.const 1024))
    (func (export "handle_message") (param i32 i32) (result i32) (i32.const 0)))`)
  try {
    return module.emitBinary()
  } finally {
    module.dispose()
  }
}

test('deploys no agent whose rules need a secret, or whose tools a server, that the system does not have', async () => {
  await using caxton = await Caxton.start({ secrets: { known: { value: 'a long enough value' } } })
  const bytes = createIdleAgent()
  const rule = (name: string) => ({ url: 'https://a.test/', methods: ['GET'], secrets: { authorization: `{${name}}` } })
  await assert.rejects(caxton.deploy({ name: 'one', bytes, grants: { http: [rule('unknown')] } }), {
    code: 'ERR_SECRET_INVALID',
    data: { secret: 'unknown' },
  })
  await assert.rejects(caxton.deploy({ name: 'one', bytes, grants: { tools: ['weather/now'] } }), {
    code: 'ERR_CONFIG_INVALID',
  })
  await caxton.deploy({ name: 'one', bytes, grants: { http: [rule('known')] } })
  assert.deepEqual(
    caxton.agents().map(({ name }) => name),
    ['one'],
  )
})

test('starts no system with a secret that is missing, or a server that is none', async () => {
  await assert.rejects(Caxton.start({ secrets: { a: { env: 'CAXTON_NO_SUCH_VARIABLE' } } }), {
    code: 'ERR_SECRET_INVALID',
  })
  await assert.rejects(Caxton.start({ tools: { a: {} } }), { code: 'ERR_CONFIG_INVALID' })
  await assert.rejects(Caxton.start({ tools: { a: { command: 'x', env: { TOKEN: '{none}' } } } }), {
    code: 'ERR_SECRET_INVALID',
  })
})
