import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'

test('a system that calls no tool and makes no request loads nothing for them', async () => {
  const loaded = new Set<string>()
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      loaded.add(specifier)
      return next(specifier, context)
    },
  })
  const { Caxton } = await import('../../src/index.ts')
  const caxton = await Caxton.start({
    secrets: { token: { value: 'a long enough value' } },
    tools: { some: { command: 'never-started', env: { TOKEN: '{token}' } } },
  })
  await caxton.close()
  hooks.deregister()
  assert.ok(loaded.has('../../src/index.ts'))
  assert.deepEqual(
    [...loaded].filter((specifier) => /modelcontextprotocol|^node:(https?|dns)/.test(specifier)),
    [],
  )
})
