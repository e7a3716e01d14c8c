import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isCaxtonError } from '../core/index.ts'
import { loadSystem, parseGrants, parseToolServers } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'caxton-services-'))
writeFileSync(join(folder, 'a.ts'), '')

after(() => rmSync(folder, { recursive: true }))

function load(text: string) {
  writeFileSync(join(folder, 'caxton.toml'), `name = "x"\n[agents.a]\nsource = "a.ts"\n${text}`)
  return loadSystem(folder)
}

async function problemsOf(text: string): Promise<string[]> {
  try {
    await load(text)
    return []
  } catch (error) {
    assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'), String(error))
    return (error.data['problems'] as string[]).map((line) => line.replace(/^[^:]*:/, ''))
  }
}

test('reads secrets, servers of tools and the rules that use them', async () => {
  const { secrets, tools, agents } = await load(`
[[agents.a.grants.http]]
url = "https://*.Example.com:8443/v1/*"
methods = ["GET", "POST"]
secrets = { Authorization = "Bearer {api_key}", x-auth = { basic = "user:{password}" } }
addresses = ["10.0.0.0/8", "::1"]
response_headers = ["x-total"]
redirects = 0
request_bytes = "1KiB"
response_bytes = "2MiB"
timeout = "5s"
concurrency = 2
rate = "10/s"
[agents.a.grants]
tools = ["weather/*"]
[secrets]
api_key = { env = "API_KEY" }
password = { file = "password.txt" }
[tools.weather]
command = "node"
args = ["weather.js"]
env = { TOKEN = "{api_key}" }
rate = "5/m"
[tools.remote]
url = "https://tools.example.com/mcp"
headers = { authorization = "Bearer {api_key}" }
`)
  assert.deepEqual(secrets, { api_key: { env: 'API_KEY' }, password: { file: join(folder, 'password.txt') } })
  const [rule] = agents[0]!.grants.http
  assert.deepEqual(rule, {
    url: 'https://*.Example.com:8443/v1/*',
    pattern: { scheme: 'https', host: '*.example.com', port: 8443, path: '/v1/', isPrefix: true },
    methods: ['GET', 'POST'],
    secrets: [
      { header: 'authorization', form: 'plain', template: ['Bearer ', { secret: 'api_key' }] },
      { header: 'x-auth', form: 'basic', template: ['user:', { secret: 'password' }] },
    ],
    addresses: ['10.0.0.0/8', '::1'],
    responseHeaders: ['x-total'],
    redirects: 0,
    requestBytes: 1_024,
    responseBytes: 2 * 2 ** 20,
    timeoutMs: 5_000,
    concurrency: 2,
    rate: { amount: 10, periodMs: 1_000 },
  })
  const { weather, remote } = parseToolServers(tools)
  assert.deepEqual(weather?.transport, {
    kind: 'stdio',
    command: 'node',
    args: ['weather.js'],
    env: { TOKEN: [{ secret: 'api_key' }] },
    cwd: folder,
  })
  assert.deepEqual(weather?.rate, { amount: 5, periodMs: 60_000 })
  assert.deepEqual(remote?.transport.kind, 'http')
  assert.equal(remote?.timeoutMs, 30_000)
})

test('grants nothing of the network where nothing is written', () => {
  assert.deepEqual(parseGrants({}).http, [])
  assert.deepEqual(parseGrants({}).tools, [])
})

test('says what is wrong with rules, secrets and servers, each with its line', async () => {
  const rules = await problemsOf(`[agents.a.grants]
tools = ["none", "a/b/c", "x/*"]
http = [
  { url = "ftp://a/", methods = ["GET"] },
  { url = "https://user@a.test/", methods = ["GET"] },
  { url = "https://a.test/?q", methods = ["GET"] },
  { url = "https://a.test/a*b", methods = ["GET"] },
  { url = "https://*.com/", methods = ["GET"] },
  { url = "https://a.test/..%2f/*", methods = ["GET"] },
  { url = "https://a.test/" },
  { url = "https://a.test/", methods = [] },
  { url = "https://a.test/", methods = ["get"] },
  { url = "https://a.test/", methods = ["TRACE"] },
  { url = "https://a.test/", methods = ["GET"], addresses = ["10.0.0.0/33", "host"] },
  { url = "https://*/*", methods = ["GET"], secrets = { a = "{b}" } },
  { url = "https://a.test/", methods = ["GET"], secrets = { host = "{b}" } },
  { url = "https://a.test/", methods = ["GET"], secrets = { a = "no secret" } },
  { url = "https://a.test/", methods = ["GET"], secrets = { a = "{not closed" } },
  { url = "https://a.test/", methods = ["GET"], retries = 3 },
  { url = "https://a.test/", methods = ["GET"], redirects = 21, timeout = "2h", rate = "0/s" },
]`)
  const places = rules.map((line) => /^\d+: ([^:]*):/.exec(line)?.[1])
  const http = (index: number, rest: string) => `agents.a.grants.http[${index}]${rest}`
  assert.deepEqual(
    places.toSorted(),
    [
      http(0, '.url'),
      http(1, '.url'),
      http(10, '.addresses[0]'),
      http(10, '.addresses[1]'),
      http(11, '.secrets'),
      http(12, '.secrets'),
      http(13, '.secrets'),
      http(14, '.secrets'),
      http(15, '.retries'),
      http(16, '.rate'),
      http(16, '.redirects'),
      http(16, '.timeout'),
      http(2, '.url'),
      http(3, '.url'),
      http(4, '.url'),
      http(5, '.url'),
      http(6, '.methods'),
      http(7, '.methods'),
      http(8, '.methods[0]'),
      http(9, '.methods[0]'),
      'agents.a.grants.tools[0]',
      'agents.a.grants.tools[1]',
    ].toSorted(),
  )
})

test('says which secrets and servers are used and not declared', async () => {
  const lines =
    await problemsOf(`grants = { tools = ["weather/now"], http = [{ url = "https://a.test/", methods = ["GET"], secrets = { a = "{api_kay}" } }] }
[secrets]
api_key = { env = "API_KEY" }
[tools.whether]
command = "node"
env = { A = "{other}" }`)
  assert.deepEqual(lines, [
    '4: agents.a.grants.http[0].secrets: needs the secret "api_kay", which is not under [secrets]; did you mean "api_key"?',
    '4: agents.a.grants.tools[0]: is "weather/now", no server under [tools]; did you mean "whether"?',
    '7: tools.whether: needs the secret "other", which is not under [secrets]; expected one of api_key',
  ])
})

test('says what is wrong with servers and secrets themselves', async () => {
  const lines = await problemsOf(`[secrets]
both = { env = "A", file = "b" }
value = { value = "in the file itself" }
[tools.none]
timeout = "1s"
[tools.two]
command = "a"
url = "https://a.test/"
[tools.mixed]
url = "https://a.test/"
args = ["x"]
[tools.bad]
url = "ftp://a"
retries = 1`)
  assert.deepEqual(
    lines.map((line) => line.replace(/, (expected one|did you).*$/, '')),
    [
      '5: secrets.both: expected either env or file',
      '6: secrets.value.value: is not a known key',
      '6: secrets.value: expected either env or file',
      '7: tools.none: expected either a command or a url',
      '9: tools.two: expected either a command or a url',
      '12: tools.mixed: has a url, so args, env and cwd say nothing',
      '16: tools.bad.url: is "ftp://a", expected an http or https URL without a user',
      '17: tools.bad.retries: is not a known key',
    ].map((line) => line.replace(/, (expected one|did you).*$/, '')),
  )
})
