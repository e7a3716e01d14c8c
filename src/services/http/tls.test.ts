import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { STATUS } from '../../capability/index.ts'
import { Client } from './fixtures.test.ts'

const read = (name: string) => readFileSync(new URL(`../../../test/fakes/tls/${name}`, import.meta.url), 'utf8')
const CA = read('ca.pem')

const server = createServer({ key: read('key.pem'), cert: read('cert.pem') }, (request, response) => {
  if (request.url === '/down') response.writeHead(302, { location: `http://api.test:${port}/` })
  response.end(`${request.headers.host} ${(request.socket as TLSSocket & { servername: string | false }).servername}`)
})
let port = 0

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
})

after(() => {
  server.closeAllConnections()
  server.close()
})

function rule(host: string): object {
  return { url: `https://${host}:${port}/*`, methods: ['GET'], addresses: ['127.0.0.1'] }
}

test('names the host in TLS and in the request, whatever address is connected to', async () => {
  const client = await Client.create([rule('api.test')], { exchangeOptions: { ca: CA } })
  assert.equal(await client.get(`https://API.test.:${port}/`), `api.test:${port} api.test`)
})

test('takes no certificate of another host, of an address, or of an authority that it does not know', async () => {
  const other = await Client.create([rule('other.test'), rule('127.0.0.1')], { exchangeOptions: { ca: CA } })
  assert.equal(await other.get(`https://other.test:${port}/`), STATUS.FAILED)
  assert.match(other.audits[0]!.detail!, /ERR_TLS_CERT_ALTNAME_INVALID/)
  assert.equal(await other.get(`https://127.0.0.1:${port}/`), STATUS.FAILED)
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
  try {
    const stranger = await Client.create([rule('api.test')])
    assert.equal(await stranger.get(`https://api.test:${port}/`), STATUS.FAILED)
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
  }
})

test('is not led through a proxy by the environment', async () => {
  const client = await Client.create([rule('api.test')], { exchangeOptions: { ca: CA } })
  Object.assign(process.env, { HTTPS_PROXY: 'http://127.0.0.1:1', NODE_USE_ENV_PROXY: '1' })
  try {
    assert.equal(await client.get(`https://api.test:${port}/`), `api.test:${port} api.test`)
  } finally {
    delete process.env['HTTPS_PROXY']
    delete process.env['NODE_USE_ENV_PROXY']
  }
})

test('follows a redirect to no plain http, unless a rule names it', async () => {
  const client = await Client.create([rule('api.test')], { exchangeOptions: { ca: CA } })
  assert.equal(await client.fetch({ url: `https://api.test:${port}/down` }), STATUS.DENIED)
})
