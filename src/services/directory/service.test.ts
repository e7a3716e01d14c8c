import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Ask, Grants, ServiceName } from '../../capability/index.ts'
import { NO_GRANTS, STATUS } from '../../capability/index.ts'
import { DIRECTORY_LIMITS } from '../../core/index.ts'
import { Directory, Watches } from '../../router/index.ts'
import { parseOffer, parseSearch, parseWatch, parseWatchId } from './requests.ts'
import { DirectoryService } from './service.ts'

const NOW = 5_000
const GRANTS = { ...NO_GRANTS, register: ['count'], directory: ['count'] }
const TEXT = new TextEncoder()

function createService() {
  const directory = new Directory({
    clock: { nowMs: () => NOW },
    journal: { put: () => {}, drop: () => {}, offers: () => [] },
    onChange: () => {},
  })
  const watches = new Watches({
    journal: { put: () => {}, drop: () => {}, watches: () => [] },
    maySee: () => true,
    createMessageId: () => 'm',
    tell: () => {},
  })
  directory.enter('a', () => true)
  directory.register('a', 'count')
  directory.register('a', 'sort')
  return { directory, watches, service: new DirectoryService({ directory, watches, clock: { nowMs: () => NOW } }) }
}

const ask = (service: ServiceName, text: string, bytes = new Uint8Array()): Ask => ({ id: 1, service, text, bytes })

describe('what is asked', () => {
  test('an offer is read with its bounds', () => {
    assert.deepEqual(parseOffer('{"name":"count"}', NOW), {
      capability: 'count',
      properties: {},
      ontology: null,
      untilMs: null,
    })
    assert.deepEqual(parseOffer('{"name":"count","lease_ms":60,"ontology":"o","properties":{"a":-1.5}}', NOW), {
      capability: 'count',
      properties: { a: -1.5 },
      ontology: 'o',
      untilMs: NOW + 60,
    })
    assert.deepEqual(parseOffer('{"name":"count","lease_ms":1}', NOW), {
      capability: 'count',
      properties: {},
      ontology: null,
      untilMs: NOW + DIRECTORY_LIMITS.leaseMinMs,
    })
  })

  const refused: readonly [text: string, status: number][] = [
    ['', STATUS.INVALID],
    ['null', STATUS.INVALID],
    ['[]', STATUS.INVALID],
    ['{}', STATUS.INVALID],
    ['{"name":7}', STATUS.INVALID],
    ['{"name":"Count"}', STATUS.INVALID],
    ['{"name":"__proto__"}', STATUS.INVALID],
    ['{"name":"count","agent":"b"}', STATUS.INVALID],
    ['{"name":"count","__proto__":{}}', STATUS.INVALID],
    ['{"name":"count","lease_ms":0}', STATUS.INVALID],
    ['{"name":"count","lease_ms":null}', STATUS.INVALID],
    ['{"name":"count","lease_ms":"60"}', STATUS.INVALID],
    ['{"name":"count","lease_ms":1.5}', STATUS.INVALID],
    ['{"name":"count","lease_ms":1e999}', STATUS.INVALID],
    [`{"name":"count","lease_ms":${DIRECTORY_LIMITS.leaseMaxMs + 1}}`, STATUS.INVALID],
    ['{"name":"count","ontology":null}', STATUS.INVALID],
    [`{"name":"count","ontology":"${'o'.repeat(257)}"}`, STATUS.TOO_LARGE],
    ['{"name":"count","properties":null}', STATUS.INVALID],
    ['{"name":"count","properties":[]}', STATUS.INVALID],
    ['{"name":"count","properties":{"a":null}}', STATUS.INVALID],
    ['{"name":"count","properties":{"a":{}}}', STATUS.INVALID],
    ['{"name":"count","properties":{"a":1e999}}', STATUS.INVALID],
    ['{"name":"count","properties":{"":1}}', STATUS.INVALID],
    [`{"name":"count","properties":{"${'n'.repeat(65)}":1}}`, STATUS.TOO_LARGE],
    [`{"name":"count","properties":{"a":"${'v'.repeat(257)}"}}`, STATUS.TOO_LARGE],
  ]
  for (const [text, status] of refused) {
    test(`${text.slice(0, 60)} is no offer`, () => assert.equal(parseOffer(text, NOW), status))
  }

  test('a search and a watch are read with their bounds', () => {
    assert.deepEqual(parseSearch('{}'), { filter: {}, limit: DIRECTORY_LIMITS.searchResults })
    assert.deepEqual(parseSearch('{"capability":"count","properties":{"a":true},"ontology":"o","limit":1}'), {
      filter: { capability: 'count', properties: { a: true }, ontology: 'o' },
      limit: 1,
    })
    for (const text of ['', '{"limit":0}', '{"limit":101}', '{"name":"count"}', '{"capability":"A"}', '{"ontology":1}'])
      assert.equal(parseSearch(text), STATUS.INVALID, text)
    assert.deepEqual(parseWatch('{"capability":"count"}'), { capability: 'count' })
    assert.equal(parseWatch('{"capability":""}'), STATUS.INVALID)
    assert.deepEqual(
      ['0', '4294967295', '4294967296', '-1', '1.5', '', '1e3', 'x', ' 1'].map((id) => parseWatchId(TEXT.encode(id))),
      [0, 4_294_967_295, null, null, null, null, null, null, null],
    )
  })

  test('whatever a guest writes is read or refused, and an offer that is read can be written and found', () => {
    const key = fc.constantFrom('name', 'properties', 'ontology', 'lease_ms', '__proto__', 'constructor', 'x')
    const json = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('count', 1, {}, { __proto__: 1 }))
    const properties = fc.dictionary(fc.string({ maxLength: 4 }), fc.oneof(fc.string(), fc.double(), fc.boolean()))
    const text = fc.oneof(
      fc.string(),
      fc.dictionary(key, json).map((value) => JSON.stringify(value)),
      properties.map((said) => JSON.stringify({ name: 'count', properties: said })),
    )
    fc.assert(
      fc.property(text, (written) => {
        const offer = parseOffer(written, NOW)
        if (typeof offer === 'number') {
          assert.ok(offer < 0)
          return
        }
        const search = parseSearch(JSON.stringify({ capability: offer.capability, properties: offer.properties }))
        assert.notEqual(typeof search, 'number')
        assert.deepEqual(JSON.parse(JSON.stringify(offer.properties)), { ...offer.properties })
      }),
      { numRuns: 500 },
    )
  })
})

describe('what is answered', () => {
  test('an offer that is not granted is denied, one too many is a limit', () => {
    const { service, directory } = createService()
    const offer = (text: string) => service.offer('a', GRANTS, ask('offer_capability', text), null).status
    assert.equal(offer('{"name":"count","ontology":"o"}'), STATUS.OK)
    assert.equal(directory.offersOf('a')[0]?.ontology, 'o')
    assert.equal(offer('{"name":"sort"}'), STATUS.DENIED)
    assert.equal(offer('nothing'), STATUS.INVALID)
    assert.equal(service.withdraw('a', ask('withdraw_capability', 'count'), null).status, STATUS.OK)
    assert.equal(service.withdraw('a', ask('withdraw_capability', 'count'), null).status, STATUS.NOT_FOUND)
  })

  test('a search answers what is granted, and never when an offer lapses', async () => {
    const { service } = createService()
    const search = async (grants: Parameters<DirectoryService['search']>[0], text: string) => {
      const { status, bytes } = await service.search(grants, ask('search_directory', text))
      return status < 0 ? status : (JSON.parse(Buffer.from(bytes).toString()) as unknown)
    }
    const count = { agent: 'a', capability: 'count', properties: {} }
    const sort = { agent: 'a', capability: 'sort', properties: {} }
    assert.deepEqual(await search(GRANTS, '{}'), { offers: [count], more: false })
    assert.deepEqual(await search({ directory: ['*'] }, '{}'), { offers: [count, sort], more: false })
    assert.deepEqual(await search({ directory: ['*'] }, '{"limit":1}'), { offers: [count], more: true })
    assert.equal(await search(GRANTS, '{"capability":"sort"}'), STATUS.DENIED)
    assert.deepEqual(await search(NO_GRANTS, '{}'), { offers: [], more: false })
  })

  test('a watch needs the grant and a number', () => {
    const { service, watches } = createService()
    const watch = (text: string, id = '1', grants: Grants = GRANTS) =>
      service.watch('a', grants, ask('watch_directory', text, TEXT.encode(id))).status
    assert.equal(watch('{}'), STATUS.OK)
    assert.equal(watch('{"capability":"count"}', '2'), STATUS.OK)
    assert.equal(watch('{"capability":"sort"}', '3'), STATUS.DENIED)
    assert.equal(watch('{}', '3', NO_GRANTS), STATUS.DENIED)
    assert.equal(watch('{}', 'x'), STATUS.INVALID)
    assert.equal(watch('[]'), STATUS.INVALID)
    assert.equal(watches.size, 2)
    assert.equal(service.unwatch('a', ask('unwatch_directory', '', TEXT.encode('1'))).status, STATUS.OK)
    assert.equal(service.unwatch('a', ask('unwatch_directory', '', TEXT.encode('1'))).status, STATUS.NOT_FOUND)
    assert.equal(service.unwatch('a', ask('unwatch_directory', '', TEXT.encode('x'))).status, STATUS.NOT_FOUND)
  })
})
