import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isCaxtonError } from '../core/index.ts'
import { loadSystem } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'caxton-templates-'))
const file = join(folder, 'caxton.toml')
writeFileSync(join(folder, 'a.ts'), 'export {}')
after(() => rmSync(folder, { recursive: true }))

const BOSS = 'name = "s"\n[agents.boss]\nsource = "a.ts"\n'

test('templates are read like agents, and none of them is one', async () => {
  const spawn = 'grants = { spawn = { templates = ["worker"], agents = 4 }, delegate = ["http", "tools"] }'
  writeFileSync(
    file,
    `${BOSS}${spawn}\n[templates.worker]\nsource = "a.ts"\nlimits = { fuel = 9000 }\nconfig = { k = 1 }`,
  )
  const { agents, templates } = await loadSystem(file)
  assert.deepEqual(
    agents.map(({ name, grants }) => [name, grants.spawn, grants.delegate]),
    [['boss', { templates: ['worker'], agents: 4 }, ['http', 'tools']]],
  )
  assert.deepEqual(
    templates.map(({ name, limits, config, program }) => [name, limits.fuel, { ...config }, program]),
    [['worker', 9_000, { k: '1' }, { kind: 'source', path: join(folder, 'a.ts'), language: null }]],
  )
})

const REFUSED = [
  {
    name: 'a template that is not there',
    text: `${BOSS}grants = { spawn = { templates = ["worker"], agents = 1 } }`,
    problem: '4: agents.boss.grants.spawn: names "worker", which is not under [templates]; expected nothing here',
  },
  {
    name: 'a template without a program',
    text: `${BOSS}[templates.w]\nlimits = { fuel = 9000 }`,
    problem: '4: templates.w: has no program, expected one of source, module',
  },
  {
    name: 'a template whose file is missing',
    text: `${BOSS}[templates.w]\nsource = "b.ts"`,
    problem: '5: templates.w.source: is ',
  },
  {
    name: 'a template with a name that is none',
    text: `${BOSS}[templates.caxton]\nsource = "a.ts"`,
    problem: '4: templates.caxton: ',
  },
  {
    name: 'a grant that cannot be passed on',
    text: `${BOSS}grants = { delegate = ["files"] }`,
    problem: '4: agents.boss.grants.delegate[0]: is "files", ',
  },
  {
    name: 'as many agents as one likes',
    text: `${BOSS}grants = { spawn = { templates = ["w"], agents = 1001 } }\n[templates.w]\nsource = "a.ts"`,
    problem: '4: agents.boss.grants.spawn: is 1001, expected a whole number from 1 to 1000',
  },
  {
    name: 'a key of spawn that is not known',
    text: `${BOSS}grants = { spawn = { templates = ["w"], agents = 1, grants = 1 } }\n[templates.w]\nsource = "a.ts"`,
    problem: '4: agents.boss.grants.spawn: ',
  },
  {
    name: 'a secret that is called like a prototype',
    text: `${BOSS}[secrets]\n__proto__ = { env = "X" }`,
    problem: '5: secrets.__proto__: is "__proto__", expected a name',
  },
  {
    name: 'a server of tools that is called like a prototype',
    text: `${BOSS}[tools.__proto__]\ncommand = "x"`,
    problem: '4: tools.__proto__: is "__proto__", expected a name',
  },
  {
    name: 'a protocol that is called like a prototype',
    text: `${BOSS}[conversations.protocols.__proto__]\nfuel = 1`,
    problem: '4: conversations.protocols.__proto__: is "__proto__", expected a name',
  },
  {
    name: 'a secret of a template that nobody declares',
    text: `${BOSS}[templates.w]\nsource = "a.ts"\ngrants = { http = [{ url = "https://a.example/", methods = ["GET"], secrets = { x-key = "{k}" } }] }`,
    problem: '6: templates.w.grants.http[0].secrets: needs the secret "k"',
  },
]

for (const { name, text, problem } of REFUSED) {
  test(`${name} is refused with its line`, async () => {
    writeFileSync(file, text)
    await assert.rejects(loadSystem(file), (error) => {
      assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'))
      const lines = error.data['problems'] as readonly string[]
      assert.ok(
        lines.some((line) => line.startsWith(`${file}:${problem}`)),
        lines.join('\n'),
      )
      return true
    })
  })
}
