import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { STATUS } from '../../capability/index.ts'
import { Secrets } from '../secrets/secrets.ts'
import type { Head } from './fixtures.test.ts'
import { Client, serveHttp } from './fixtures.test.ts'

const KEY = 'k3y/With+special "chars" & <more>'
const PASSWORD = 'correct-horse-battery'
const SECRETS = { key: KEY, password: PASSWORD }

function ruleFor(port: number, more: object = {}): object {
  const secrets = { authorization: 'Bearer {key}' }
  return { url: `http://api.test:${port}/*`, methods: ['GET', 'POST'], addresses: ['127.0.0.1'], secrets, ...more }
}

/** Fails if a text has a secret in it, however it is written. */
function assertClean(text: string): void {
  for (const secret of [KEY, PASSWORD]) {
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64').slice(0, -4),
    ]
    for (const form of forms) assert.ok(!text.includes(form), `${form} in ${text}`)
  }
}

test('fills headers for the hosts of a rule, and the guest gets to see none of it', async () => {
  const seen: (string | undefined)[] = []
  await using server = await serveHttp((request, response) => {
    seen.push(request.headers.authorization)
    response.end('ok')
  })
  const url = `http://api.test:${server.port}/`
  const client = await Client.create([ruleFor(server.port)], { secrets: SECRETS })
  assert.equal(await client.get(url), 'ok')
  const basic = await Client.create(
    [ruleFor(server.port, { secrets: { authorization: { basic: 'user:{password}' } } })],
    { secrets: SECRETS },
  )
  assert.equal(await basic.get(url), 'ok')
  assert.deepEqual(seen, [`Bearer ${KEY}`, `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`])
  assertClean(JSON.stringify(client.audits))
})

test('lets a guest neither override what is filled nor ask for parts that are too short to be recognised', async () => {
  await using server = await serveHttp((_, response) => response.end())
  const url = `http://api.test:${server.port}/`
  const client = await Client.create([ruleFor(server.port)], { secrets: SECRETS })
  for (const headers of [
    { authorization: 'mine' },
    { Authorization: '' },
    { range: 'bytes=0-3' },
    { 'if-range': 'x' },
  ]) {
    assert.equal(await client.fetch({ url, headers }), STATUS.DENIED, JSON.stringify(headers))
  }
  assert.equal(server.connections, 0)
})

test('scrubs every form in which a server repeats a secret, in the body and in the headers, wherever it is cut', async () => {
  const echoes: Readonly<Record<string, (request: IncomingMessage, response: ServerResponse) => void>> = {
    '/plain': ({ headers }, response) => response.end(`you sent ${headers.authorization}, thanks`),
    '/json': ({ headers }, response) => response.end(JSON.stringify(headers)),
    '/base64': ({ headers }, response) => response.end(Buffer.from(`x${headers.authorization}`).toString('base64')),
    '/base64url': ({ headers }, response) =>
      response.end(Buffer.from(`xy${headers.authorization}`).toString('base64url')),
    '/hex': ({ headers }, response) => response.end(Buffer.from(String(headers.authorization)).toString('hex')),
    '/escaped': ({ headers }, response) => response.end(encodeURIComponent(String(headers.authorization))),
    '/header': ({ headers }, response) => response.setHeader('link', `<${headers.authorization}>`).end(),
    '/location': ({ headers }, response) =>
      response.writeHead(200, { location: `/?key=${encodeURIComponent(String(headers.authorization))}` }).end(),
    '/bytes': async ({ headers }, response) => {
      for (const letter of `${headers.authorization}`) {
        response.write(letter)
        await new Promise(setImmediate)
      }
      response.end()
    },
    '/twice': ({ headers }, response) => response.end(`${headers.authorization}${headers.authorization}`.repeat(3)),
  }
  await using server = await serveHttp((request, response) => void echoes[request.url!]!(request, response))
  const client = await Client.create([ruleFor(server.port, { rate: '1000/s' })], { secrets: SECRETS })
  for (const path of Object.keys(echoes)) {
    for (const max of [1, 7, 65_536]) {
      const head = (await client.fetch({ url: `http://api.test:${server.port}${path}` })) as Head
      const body = await client.readAll(head.stream, max)
      assert.ok(typeof body === 'string', `${path}: status ${body}`)
      assertClean(JSON.stringify(head) + body)
      const shown = (JSON.stringify(head.headers) + body).replaceAll('*', '')
      for (const part of [KEY.slice(0, 12), KEY.slice(-12)]) assert.ok(!shown.includes(part), `${path}: ${shown}`)
      for (const part of ['hex', 'base64'] as const) {
        const middle = Buffer.from(KEY.slice(4, 19)).toString(part).slice(4, -4)
        assert.ok(!shown.includes(middle), `${path}: ${shown}`)
      }
    }
  }
  assert.match(String(await client.get(`http://api.test:${server.port}/plain`)), /^you sent Bearer \*+, thanks$/)
})

test('refuses an answer that it cannot look into', async () => {
  await using server = await serveHttp((_, response) => response.setHeader('content-encoding', 'gzip').end('packed'))
  const client = await Client.create([ruleFor(server.port)], { secrets: SECRETS })
  assert.equal(await client.fetch({ url: `http://api.test:${server.port}/` }), STATUS.DENIED)
})

test('drops a secret at a redirect to another origin, unless a rule gives it there, and scrubs it there all the same', async () => {
  await using server = await serveHttp((request, response) => {
    const { host, authorization } = request.headers
    if (request.url === '/there') response.end(`${host} ${authorization}`)
    else response.writeHead(307, { location: `http://other.test:${server.port}/there?${authorization}` }).end()
  })
  const { port } = server
  const other = { url: `http://other.test:${port}/*`, methods: ['GET'], addresses: ['127.0.0.1'] }
  await using echo = await serveHttp((request, response) => response.end(String(request.headers.authorization)))
  const client = await Client.create([ruleFor(port), { ...other, url: `http://other.test:${port}/there` }], {
    secrets: SECRETS,
  })
  assert.equal(await client.get(`http://api.test:${port}/there`), `api.test:${port} Bearer ${'*'.repeat(KEY.length)}`)
  // The location has spaces in it, which is no URL.
  assert.equal(await client.get(`http://api.test:${port}/away`), STATUS.DENIED)
  assert.equal(echo.connections, 0)

  await using hop = await serveHttp((request, response) => {
    if (request.headers.host?.startsWith('other')) response.end(`${request.headers.authorization} ${PASSWORD}`)
    else response.writeHead(307, { location: `http://other.test:${hop.port}/` }).end()
  })
  const elsewhere = { ...other, url: `http://other.test:${hop.port}/*` }
  const secrets = { authorization: 'Bearer {password}' }
  const plain = await Client.create([ruleFor(hop.port, { secrets }), elsewhere], { secrets: SECRETS })
  assert.equal(await plain.get(`http://api.test:${hop.port}/`), `undefined ${'*'.repeat(PASSWORD.length)}`)
  const given = await Client.create(
    [ruleFor(hop.port, { secrets }), { ...elsewhere, secrets: { authorization: '{key}' } }],
    { secrets: SECRETS },
  )
  const answer = String(await given.get(`http://api.test:${hop.port}/`))
  assert.equal(answer, `${'*'.repeat(KEY.length)} ${'*'.repeat(PASSWORD.length)}`)
})

test('reads secrets from the environment and from files, and says which one is wrong without its value', async () => {
  const secrets = await Secrets.read({ one: { env: 'ONE' } }, { ONE: KEY })
  assert.equal(secrets.fill([{ secret: 'one' }]).text, KEY)
  const bad = [
    [{ one: { env: 'NONE' } }, /'one': the environment has no variable NONE/],
    [{ one: { env: 'SHORT' } }, /'one': the variable SHORT has 5 characters/],
    [{ one: { env: 'LINES' } }, /'one': the variable LINES is not one line/],
    [{ one: { file: '/does/not/exist' } }, /'one': the file \/does\/not\/exist cannot be read \(ENOENT\)/],
  ] as const
  for (const [sources, message] of bad) {
    await assert.rejects(Secrets.read(sources, { SHORT: 'short', LINES: 'two lines\nof text' }), (error: Error) => {
      assert.match(error.message, message)
      return !error.message.includes('two lines')
    })
  }
})

test('shows a secret in no log, error or inspection', async () => {
  const secrets = await Secrets.read({ one: { value: KEY } })
  for (const text of [inspect(secrets, { depth: 9, showHidden: true }), JSON.stringify(secrets), String(secrets)])
    assertClean(text)
  assert.throws(() => secrets.fill([{ secret: 'two' }]), { code: 'ERR_SECRET_INVALID' })
  // A value that cannot be in a header never becomes one, so no library has to say why.
  await assert.rejects(Secrets.read({ one: { value: 'with\r\nline ends' } }), { code: 'ERR_SECRET_INVALID' })
})

test('scrubs what a server tells at one place that it was sent at another', async () => {
  let last = 'nothing'
  await using server = await serveHttp((request, response) => {
    if (request.url?.startsWith('/debug')) {
      if (request.headers.range !== undefined) response.end(last.slice(7, 11))
      else response.end(last)
      return
    }
    last = String(request.headers.authorization)
    response.end('ok')
  })
  const { port } = server
  const at = (path: string) => `http://api.test:${port}${path}`
  const open = { url: at('/debug/*'), methods: ['GET'], addresses: ['127.0.0.1'] }
  const client = await Client.create([open, ruleFor(port)], { secrets: SECRETS })
  assert.equal(await client.get(at('/api')), 'ok')
  assert.equal(await client.get(at('/debug/last')), `Bearer ${'*'.repeat(KEY.length)}`)
  assert.equal(await client.fetch({ url: at('/debug/last'), headers: { range: 'bytes=7-10' } }), STATUS.DENIED)
})
