import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { Arena } from './arena.ts'
import { readAttack } from './attack-file.ts'
import { EXPECTED } from './expected.ts'
import { listFiles, listSuites, nameOf } from './suites.ts'

for (const name of listSuites()) {
  suite(name, () => {
    let arena: Arena
    before(async () => {
      arena = await Arena.open()
    })
    after(() => arena[Symbol.asyncDispose]())

    for (const file of listFiles(name)) {
      const attack = readAttack(file)
      const needsLinux = attack.options.grants?.files?.some(({ host }) => host !== undefined) === true
      const skip = needsLinux && process.platform !== 'linux' && 'directories of the host are offered on Linux alone'
      test(`${attack.name} gets ${attack.expect} and harms nobody`, { skip }, async () => {
        const report = await arena.run(attack)
        assert.deepEqual(report.problems, [], `${report.outcome} at ${report.when}: ${report.detail}`)
      })
    }
  })
}

test('every guest has its expectation, and every expectation its guest', () => {
  const written = Object.fromEntries(
    listFiles().map((file) => {
      const { expect, when } = readAttack(file)
      return [nameOf(file), when === 'deploy' ? `${expect} at deploy` : expect]
    }),
  )
  assert.deepEqual(written, EXPECTED)
})

test('there are enough attacks', () => {
  assert.ok(listFiles().length >= 80)
})
