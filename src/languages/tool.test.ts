import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CaxtonError } from '../core/index.ts'
import { LANGUAGES } from './index.ts'
import { findTool } from './tool.ts'

test('a tool that is not installed is named with the command that installs it', async () => {
  const tool = { package: '@caxton/no-such-compiler', file: 'x.js', word: 'nocc' }
  await assert.rejects(findTool(tool, '/'), (error: CaxtonError) => {
    assert.equal(error.code, 'ERR_LANGUAGE_TOOL_MISSING')
    assert.match(error.detail ?? '', /install it with `npm install --save-dev @caxton\/no-such-compiler`/)
    assert.equal(error.data['command'], 'npm install --save-dev @caxton/no-such-compiler')
    return true
  })
})

test('the tool of every language is found from anywhere in a checkout', async () => {
  for (const { tool } of LANGUAGES) assert.ok((await findTool(tool, '/')).path.endsWith(tool.file), tool.package)
})
