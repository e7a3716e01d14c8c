import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { STATUS } from '../../capability/index.ts'
import type { Head } from './fixtures.test.ts'
import { Client, serveBytes, serveHttp } from './fixtures.test.ts'

/** A rule for everything of a local server that is called `api.test`. */
function ruleFor(port: number, more: object = {}): object {
  return { url: `http://api.test:${port}/*`, methods: ['GET', 'HEAD', 'POST'], addresses: ['127.0.0.1'], ...more }
}

function expectHead(head: Head | number): Head {
  assert.ok(typeof head === 'object', `status ${String(head)}`)
  return head
}

test('answers the head, then the body in the pieces that are asked for', async () => {
  await using server = await serveHttp((request, response) => {
    response.setHeader('content-type', 'text/plain')
    response.setHeader('set-cookie', 'a=b')
    response.setHeader('x-secret-of-the-server', '1')
    response.end(`${request.method} ${request.url} ${request.headers['x-ask']}`)
  })
  const client = await Client.create([ruleFor(server.port)])
  const url = `http://api.test:${server.port}/a?b=c`
  const head = expectHead(await client.fetch({ url, headers: { 'X-Ask': 'yes' } }))
  assert.equal(head.status, 200)
  assert.equal(head.url, url)
  assert.equal(head.headers['content-type'], 'text/plain')
  assert.deepEqual(
    Object.keys(head.headers).filter((name) => name.startsWith('x-') || name === 'set-cookie'),
    [],
  )
  assert.equal(String(await client.read(head.stream, 5)), 'GET /')
  assert.equal(await client.readAll(head.stream), 'a?b=c yes')
  assert.equal(await client.read(head.stream), STATUS.NOT_FOUND)
  assert.equal(client.service.openCount, 0)
  const [audit] = client.audits
  assert.deepEqual(
    { ...audit, durationMs: 0 },
    {
      agent: 'one',
      service: 'http',
      target: `GET http://api.test:${server.port}/a`,
      outcome: 'ok',
      durationMs: 0,
      sentBytes: 0,
      receivedBytes: 14,
    },
  )
})

test('sends a body with its length, and shows the headers that a rule adds', async () => {
  await using server = await serveHttp(async (request, response) => {
    const body = (await request.toArray()).join('')
    response.setHeader('x-also', 'shown')
    response.end(JSON.stringify([body, request.headers]))
  })
  const client = await Client.create([ruleFor(server.port, { response_headers: ['x-also'] })])
  const head = expectHead(await client.fetch({ method: 'POST', url: `http://api.test:${server.port}/` }, 'hello'))
  const [body, headers] = JSON.parse(String(await client.readAll(head.stream)))
  assert.equal(head.headers['x-also'], 'shown')
  assert.equal(body, 'hello')
  assert.deepEqual(headers, {
    host: `api.test:${server.port}`,
    connection: 'close',
    'accept-encoding': 'identity',
    'content-length': '5',
  })
})

test('refuses what no rule names before anything is connected to', async () => {
  await using server = await serveHttp((_, response) => response.end('reached'))
  const { port } = server
  const only = { url: `http://api.test:${port}/v1/*`, methods: ['GET'], addresses: ['127.0.0.1'] }
  const client = await Client.create([only])
  assert.equal(await client.get(`http://api.test:${port}/v1/x`), 'reached')
  const refused = [
    { url: `http://api.test:${port}/v2/x` },
    { url: `http://api.test:${port}/v1/../v2/x` },
    { url: `http://api.test:${port}/v1/%2e%2e/v2/x` },
    { url: `http://api.test:${port}/v1/..%2fv2/x` },
    { url: `http://api.test:${port}/v1/%252e%252e%252fv2` },
    { url: `http://api.test:${port}/v1/..;/v2` },
    { url: `http://api.test:${port}/v1/a%5c..%5c..%5cv2` },
    { url: `http://api.test:${port}/v1/%00` },
    { url: `https://api.test:${port}/v1/x` },
    { url: `http://api.test:${port + 1}/v1/x` },
    { url: `http://api.test/v1/x` },
    { url: `http://other.test:${port}/v1/x` },
    { url: `http://evil.api.test:${port}/v1/x` },
    { url: `http://127.0.0.1:${port}/v1/x` },
    { method: 'POST', url: `http://api.test:${port}/v1/x` },
    { method: 'HEAD', url: `http://api.test:${port}/v1/x` },
    { method: 'TRACE', url: `http://api.test:${port}/v1/x` },
    { method: 'CONNECT', url: `http://api.test:${port}/v1/x` },
    { method: 'get', url: `http://api.test:${port}/v1/x` },
    { method: 'GET /v2 HTTP/1.1\r\nx: ', url: `http://api.test:${port}/v1/x` },
    { url: `http://user:password@api.test:${port}/v1/x` },
    { url: `http://@api.test:${port}/v1/x` },
    { url: `http://api.test:${port}@other.test/v1/x` },
    { url: `http:\\\\api.test:${port}\\v1\\x` },
    { url: `http:api.test:${port}/v1/x` },
    { url: ` http://api.test:${port}/v1/x` },
    { url: `http://api.te\tst:${port}/v1/x` },
    { url: 'file:///etc/passwd' },
    { url: 'data:text/plain,hello' },
    { url: '/v1/x' },
    { url: '' },
  ]
  for (const request of refused) assert.equal(await client.fetch(request), STATUS.DENIED, JSON.stringify(request))
  const malformed = [
    '',
    '{',
    '[]',
    'null',
    '1',
    '{"url":1}',
    '{"url":"http://a/","more":1}',
    '{"url":"http://a/","headers":[]}',
  ]
  for (const text of malformed) assert.equal(await client.fetch(text), STATUS.INVALID, text)
  assert.equal(server.connections, 1)
})

test('reads hosts in one form: case, final dots, IDN, and every spelling of an address', async () => {
  await using server = await serveHttp((request, response) => response.end(request.headers.host))
  const { port } = server
  const client = await Client.create(
    [
      ruleFor(port),
      { url: `http://bücher.test:${port}/*`, methods: ['GET'], addresses: ['127.0.0.1'] },
      { url: `http://127.0.0.1:${port}/*`, methods: ['GET'] },
    ],
    { resolver: async () => ['127.0.0.1'] },
  )
  for (const host of ['api.test', 'API.Test', 'api.test.', 'ａｐｉ.test']) {
    assert.equal(await client.get(`http://${host}:${port}/`), `api.test:${port}`, host)
  }
  for (const host of ['bücher.test', 'xn--bcher-kva.test', 'BÜCHER.test']) {
    assert.equal(await client.get(`http://${host}:${port}/`), `xn--bcher-kva.test:${port}`, host)
  }
  for (const host of [
    '127.0.0.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '127.1',
    '0x7f.1',
    '127.0.0.1.',
    '１２７.0.0.1',
  ]) {
    assert.equal(await client.get(`http://${host}:${port}/`), `127.0.0.1:${port}`, host)
  }
  assert.equal(await client.fetch({ url: `http://127.0.0.2:${port}/` }), STATUS.DENIED)
  assert.equal(await client.fetch({ url: `http://api.test..:${port}/` }), STATUS.DENIED)
})

test('refuses addresses that are not public unless the rule names them, for literals and for what names resolve to', async () => {
  await using server = await serveHttp((_, response) => response.end('reached'))
  const { port } = server
  const special = [
    '127.0.0.1',
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::1',
    '2001:0:7f00:1::1',
    '2001:db8::1',
    'not an address',
  ]
  for (const address of special) {
    const named = await Client.create([{ url: `http://api.test:${port}/*`, methods: ['GET'] }], {
      resolver: async () => [address],
    })
    assert.equal(await named.fetch({ url: `http://api.test:${port}/` }), STATUS.DENIED, address)
    const mixed = await Client.create([{ url: `http://api.test:${port}/*`, methods: ['GET'] }], {
      resolver: async () => ['1.1.1.1', address],
    })
    assert.equal(await mixed.fetch({ url: `http://api.test:${port}/` }), STATUS.DENIED, `mixed ${address}`)
    if (address.includes('%') || address.includes(' ')) continue
    const everywhere = await Client.create([{ url: `http://*:${port}/*`, methods: ['GET'] }])
    const literal = address.includes(':') ? `[${address}]` : address
    assert.equal(await everywhere.fetch({ url: `http://${literal}:${port}/` }), STATUS.DENIED, `literal ${literal}`)
  }
  assert.equal(server.connections, 0)
})

test('connects to the address that was checked, though the name means another a moment later', async () => {
  await using server = await serveHttp((_, response) => response.end('reached'))
  const answers = [['127.0.0.1'], ['169.254.169.254'], ['10.0.0.1']]
  const asked: string[] = []
  const resolver = async (host: string) => {
    asked.push(host)
    return answers.shift() ?? []
  }
  const client = await Client.create([ruleFor(server.port)], { resolver })
  assert.equal(await client.get(`http://api.test:${server.port}/`), 'reached')
  assert.deepEqual(asked, ['api.test'])
  assert.equal(await client.get(`http://api.test:${server.port}/`), STATUS.DENIED)
  assert.match(client.audits[1]!.detail!, /169\.254\.169\.254/)
})

test('follows redirects from rule to rule, and to nothing else', async () => {
  await using inner = await serveHttp((_, response) => response.end('inner'))
  await using server = await serveHttp((request, response) => {
    const [, status, ...location] = request.url!.split('|')
    if (status === undefined) response.end(`${request.method} ${request.headers['authorization']}`)
    else response.writeHead(Number(status), { location: decodeURIComponent(location.join('|')) }).end()
  })
  const { port } = server
  const to = (location: string, status = 302) => `http://api.test:${port}/|${status}|${encodeURIComponent(location)}`
  const client = await Client.create([
    ruleFor(port),
    { url: `http://other.test:${port}/*`, methods: ['GET'], addresses: ['127.0.0.1'] },
  ])
  const headers = { authorization: 'mine' }
  assert.equal(await client.get(to('/end'), { headers }), 'GET mine')
  assert.equal(await client.get(to(`http://other.test:${port}/end`), { headers }), 'GET undefined')
  assert.equal(await client.get(to('/end', 307), { method: 'POST', headers }), 'POST mine')
  assert.equal(await client.get(to('/end', 303), { method: 'POST' }), 'GET undefined')
  const refused = [
    `http://127.0.0.1:${inner.port}/`,
    `http://localhost:${inner.port}/`,
    'http://169.254.169.254/latest/meta-data',
    `http://[::ffff:127.0.0.1]:${inner.port}/`,
    `//127.0.0.1:${inner.port}/`,
    `http://user@api.test:${port}/`,
    `https://api.test:${port}/`,
    'file:///etc/passwd',
    'javascript:alert(1)',
    `http:\\\\api.test:${port}/`,
    `http://api.test :${port}/`,
  ]
  for (const location of refused) assert.equal(await client.get(to(location)), STATUS.DENIED, location)
  assert.equal(await client.get(to(`http://other.test:${port}/`, 307), { method: 'POST' }), STATUS.DENIED)
  assert.equal(inner.connections, 0)
})

test('ends a chain of redirects, and hands the first one over where none is followed', async () => {
  await using server = await serveHttp((_, response) => response.writeHead(302, { location: '/again' }).end())
  const url = `http://api.test:${server.port}/`
  const client = await Client.create([ruleFor(server.port, { redirects: 3 })])
  assert.equal(await client.fetch({ url }), STATUS.FAILED)
  assert.equal(server.connections, 4)
  const careful = await Client.create([ruleFor(server.port, { redirects: 0 })])
  const head = expectHead(await careful.fetch({ url }))
  assert.equal(head.status, 302)
  assert.equal(head.headers['location'], '/again')
})

test('refuses headers that frame or route a request, break a line, or are too many', async () => {
  await using server = await serveHttp((_, response) => response.end())
  const url = `http://api.test:${server.port}/`
  const client = await Client.create([ruleFor(server.port)])
  const refused: Record<string, string>[] = [
    { host: 'other.test' },
    { Host: 'other.test' },
    { 'content-length': '5' },
    { 'Transfer-Encoding': 'chunked' },
    { connection: 'keep-alive' },
    { upgrade: 'websocket' },
    { te: 'trailers' },
    { trailer: 'x' },
    { expect: '100-continue' },
    { 'proxy-authorization': 'x' },
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=127.0.0.1' },
    { 'x-http-method-override': 'DELETE' },
    { 'x-original-url': '/admin' },
    { 'accept-encoding': 'gzip' },
    { 'a\r\nb': 'c' },
    { a: 'b\r\nhost: other.test' },
    { a: 'b\nc' },
    { a: 'b\0c' },
    { a: 'bü' },
    { 'a b': 'c' },
    { 'a:': 'c' },
    { '': 'c' },
    { a: '1', A: '2' },
    { __proto__: 'x', 'x-long': 'y'.repeat(20_000) },
    Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`x-${index}`, ''])),
  ]
  for (const headers of refused)
    assert.equal(await client.fetch({ url, headers }), STATUS.DENIED, JSON.stringify(headers).slice(0, 80))
  assert.equal(server.connections, 0)
})

test('bounds requests, bodies, times, exchanges and rates', async () => {
  const opened: (() => void)[] = []
  await using server = await serveHttp((request, response) => {
    if (request.url === '/large') response.setHeader('content-length', 2_000).end('x'.repeat(2_000))
    else if (request.url === '/endless') response.write('x'.repeat(2_000))
    else if (request.url !== '/silent') response.end('ok')
    opened.push(() => response.destroy())
  })
  const at = (path: string) => `http://api.test:${server.port}${path}`
  const small = await Client.create([ruleFor(server.port, { response_bytes: 1_000, request_bytes: 3 })])
  assert.equal(await small.get(at('/large')), STATUS.TOO_LARGE)
  assert.equal(await small.get(at('/endless')), STATUS.TOO_LARGE)
  assert.equal(await small.fetch({ method: 'POST', url: at('/') }, 'four'), STATUS.TOO_LARGE)
  assert.equal(small.service.openCount, 0)
  // What is declared is refused before it is read; to HEAD nothing comes.
  const large = expectHead(await small.fetch({ url: at('/large') }))
  assert.equal(await small.read(large.stream), STATUS.TOO_LARGE)
  assert.equal(small.audits.at(-1)?.receivedBytes, 0)
  const headed = expectHead(await small.fetch({ method: 'HEAD', url: at('/large') }))
  assert.equal(headed.headers['content-length'], '2000')
  assert.equal(await small.readAll(headed.stream), '')

  const hasty = await Client.create([ruleFor(server.port, { timeout: 30 })])
  assert.equal(await hasty.fetch({ url: at('/silent') }), STATUS.TIMEOUT)
  const slow = await Client.create([ruleFor(server.port, { timeout: '1500ms' })])
  const head = expectHead(await slow.fetch({ url: at('/endless') }))
  assert.equal((await slow.read(head.stream)).toString().length, 2_000)
  assert.equal(await slow.read(head.stream), STATUS.TIMEOUT)
  assert.equal(hasty.service.openCount + slow.service.openCount, 0)
  assert.deepEqual(
    [...hasty.audits, ...slow.audits].map(({ outcome }) => outcome),
    ['ERR_HTTP_LIMIT', 'ERR_HTTP_LIMIT'],
  )

  const two = await Client.create([ruleFor(server.port, { concurrency: 2 })])
  const [first] = [expectHead(await two.fetch({ url: at('/') })), await two.fetch({ url: at('/') })]
  assert.equal(await two.fetch({ url: at('/') }), STATUS.LIMIT)
  assert.equal(await two.close(first.stream), STATUS.OK)
  expectHead(await two.fetch({ url: at('/') }))
  two.call.abort()
  assert.equal(two.service.openCount, 0)

  let nowMs = 0
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs }
  const rare = await Client.create([ruleFor(server.port, { rate: '2/s' })], { clock })
  assert.equal(await rare.get(at('/')), 'ok')
  assert.equal(await rare.get(at('/')), 'ok')
  assert.equal(await rare.get(at('/')), STATUS.LIMIT)
  nowMs = 500
  assert.equal(await rare.get(at('/')), 'ok')
  for (const end of opened) end()
})

test('lets the server wait for a guest that does not read', async () => {
  let written = 0
  await using server = await serveBytes((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const chunk = Buffer.alloc(65_536)
    const write = () => {
      while (!socket.destroyed && socket.write(chunk)) written += chunk.length
    }
    socket.on('drain', write)
    write()
  })
  const client = await Client.create([ruleFor(server.port, { response_bytes: 2 ** 40 })])
  const head = expectHead(await client.fetch({ url: `http://api.test:${server.port}/` }))
  let before = -1
  while (before !== written) {
    before = written
    await sleep(100)
  }
  // What the two sockets of the system hold.
  assert.ok(written < 64 * 2 ** 20, `${written} bytes were taken`)
  assert.ok(((await client.read(head.stream)) as Buffer).length > 0)
  assert.equal(await client.close(head.stream), STATUS.OK)
})

test('takes no nonsense for an answer', async () => {
  const answers = [
    ['', STATUS.FAILED],
    ['hello\r\n\r\n', STATUS.FAILED],
    [`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`, STATUS.FAILED],
    ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n', STATUS.FAILED],
    ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd', STATUS.FAILED],
    ['HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nabc', STATUS.FAILED],
    ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc', STATUS.FAILED],
    ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc', STATUS.FAILED],
    ['HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n', STATUS.FAILED],
    // The second answer is for nobody: a connection is used once.
    ['HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil', 'abc'],
  ] as const
  for (const [bytes, expected] of answers) {
    await using server = await serveBytes((socket) => socket.end(bytes))
    const client = await Client.create([ruleFor(server.port)])
    assert.equal(await client.get(`http://api.test:${server.port}/`), expected, bytes.slice(0, 60))
    assert.equal(client.service.openCount, 0)
  }
})

test('hands on what is compressed as it came: nothing is unpacked in the host', async () => {
  await using server = await serveHttp((_, response) => response.setHeader('content-encoding', 'gzip').end('packed'))
  const client = await Client.create([ruleFor(server.port)])
  const head = expectHead(await client.fetch({ url: `http://api.test:${server.port}/` }))
  assert.equal(head.headers['content-encoding'], 'gzip')
  assert.equal(await client.readAll(head.stream), 'packed')
})

test('closes the connection when nobody waits any more, and when the call has ended', async () => {
  const closed: Promise<unknown>[] = []
  await using server = await serveHttp((request, response) => {
    closed.push(once(request.socket, 'close'))
    if (request.url === '/body') response.write('begun')
  })
  const client = await Client.create([ruleFor(server.port)])
  const call = new AbortController()
  const waiting = client.fetch({ url: `http://api.test:${server.port}/` }, '', call.signal)
  while (server.connections === 0) await sleep(1)
  call.abort()
  assert.equal(await waiting, STATUS.FAILED)
  expectHead(await client.fetch({ url: `http://api.test:${server.port}/body` }))
  client.call.abort()
  await Promise.all(closed)
  assert.equal(client.service.openCount, 0)
})

test('reaches an IPv6 address that a rule names, in whatever form it is written', async (context) => {
  let server: Awaited<ReturnType<typeof serveHttp>>
  try {
    server = await serveHttp((request, response) => response.end(request.headers.host), '::1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    context.skip(`this machine has no IPv6 loopback (${code})`)
    return
  }
  const { port } = server
  const client = await Client.create([{ url: `http://[::1]:${port}/*`, methods: ['GET'] }])
  for (const host of ['[::1]', '[0:0:0:0:0:0:0:1]', '[0000::0001]', '[::0.0.0.1]']) {
    assert.equal(await client.get(`http://${host}:${port}/`), `[::1]:${port}`, host)
  }
  for (const host of ['[::ffff:127.0.0.1]', '[::]', '127.0.0.1', '[::1%25lo]']) {
    assert.equal(await client.fetch({ url: `http://${host}:${port}/` }), STATUS.DENIED, host)
  }
  await server[Symbol.asyncDispose]()
})

test('gives no agent the stream of another', async () => {
  await using server = await serveHttp((_, response) => response.end('mine'))
  const client = await Client.create([ruleFor(server.port)])
  const head = expectHead(await client.fetch({ url: `http://api.test:${server.port}/` }))
  const ask = {
    id: 1,
    service: 'http_read',
    text: JSON.stringify({ stream: head.stream, max: 9 }),
    bytes: new Uint8Array(),
  } as const
  const answer = await client.service.answer({ agent: 'two', grants: { http: [] } }, ask, client.call.signal)
  assert.equal(answer.status, STATUS.NOT_FOUND)
  client.call.abort()
})
