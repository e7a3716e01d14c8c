import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatHttpUrl, matchesHttp, parseHttpPattern, parseHttpUrl } from './http-grant.ts'
import { mayCallTool, parseToolName } from './tool-grant.ts'

const matches = (pattern: string, url: string) => {
  const target = parseHttpUrl(url)
  return target !== null && matchesHttp(parseHttpPattern(pattern)!, target)
}

test('compares scheme, host and port whole, and paths whole or as prefixes', () => {
  const rows: readonly (readonly [string, string, boolean])[] = [
    ['https://a.test/', 'https://a.test/', true],
    ['https://a.test/', 'https://a.test', true],
    ['https://a.test', 'https://a.test/', true],
    ['https://a.test/', 'https://a.test/x', false],
    ['https://a.test/', 'https://a.test/?q=1', true],
    ['https://a.test/', 'http://a.test/', false],
    ['https://a.test/', 'https://a.test:444/', false],
    ['https://a.test:443/', 'https://a.test/', true],
    ['https://a.test/*', 'https://a.test/x/y', true],
    ['https://a.test/v1/*', 'https://a.test/v1/', true],
    ['https://a.test/v1/*', 'https://a.test/v1', false],
    ['https://a.test/v1/*', 'https://a.test/v10/', false],
    ['https://a.test/v1/*', 'https://a.test/v1/../v2', false],
    ['https://*.a.test/*', 'https://b.a.test/', true],
    ['https://*.a.test/*', 'https://c.b.a.test/', true],
    ['https://*.a.test/*', 'https://a.test/', false],
    ['https://*.a.test/*', 'https://ba.test/', false],
    ['https://*.a.test/*', 'https://a.test.evil.test/', false],
    ['https://*/*', 'https://anything.test/', true],
    ['https://*/*', 'http://anything.test/', false],
    ['http://[::1]:80/*', 'http://[0:0:0:0:0:0:0:1]/', true],
    ['http://127.0.0.1/*', 'http://0x7f.1/', true],
  ]
  for (const [pattern, url, expected] of rows) assert.equal(matches(pattern, url), expected, `${pattern} ${url}`)
})

test('takes no pattern that could mean more than it says', () => {
  for (const text of [
    '',
    '*',
    'a.test',
    '//a.test/',
    'https://',
    'https://*',
    'https://*.test/',
    'https://*.1.2.3.4/',
    'https://a.*.test/',
    'https://a.test/*/x',
    'https://a.test/x*',
    'https://a.test/#x',
    'https://a:b@c.test/',
    'https://a.test:99999/',
    'https://a.test/%2e%2e%2f/*',
  ]) {
    assert.ok(text === 'https://*' || parseHttpPattern(text) === null, text)
  }
})

/** Texts that are nearly URLs: what parsers trip over, put together at random. */
const nearlyUrl = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'http',
        'https',
        ':',
        '/',
        '//',
        '\\',
        '@',
        '?',
        '#',
        '..',
        '.',
        '%2f',
        '%2e',
        '%5c',
        '%00',
        '%252f',
        ';',
        '[',
        ']',
        '::1',
        '127.1',
        '0x7f',
        'a.test',
        'evil.test',
        ':80',
        ':',
        '\t',
        '\n',
        ' ',
        '\u3002',
        'ａ',
        'v1',
      ),
      fc.string({ maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => `http://${parts.join('')}`)

test('reads a URL to the same thing when it is read again, and never one with a user, a backslash or a space', () => {
  fc.assert(
    fc.property(nearlyUrl, (text) => {
      const url = parseHttpUrl(text)
      if (url === null) return
      const written = formatHttpUrl(url)
      assert.deepEqual(parseHttpUrl(written), url)
      assert.doesNotMatch(written, /[\s\\@]/.test(url.path + url.query) ? /[\s\\]/ : /[\s\\@]/)
      assert.ok(!url.host.endsWith('.'))
      assert.equal(url.host, url.host.toLowerCase())
    }),
    { numRuns: 5_000 },
  )
})

test('lets no URL out of the prefix of a rule, however it is unescaped', () => {
  const pattern = parseHttpPattern('http://a.test/v1/*')!
  const segments = fc.array(
    fc.constantFrom(
      '..',
      '.',
      '%2e',
      '%2e%2e',
      '%252e',
      '%2f',
      '%252f',
      '%5c',
      '..;',
      '..%3b',
      'x',
      ';',
      '%',
      '%00',
      '/',
    ),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(segments, fc.nat(3), (parts, rounds) => {
      const url = parseHttpUrl(`http://a.test/v1/${parts.join('/')}`)
      if (url === null || !matchesHttp(pattern, url)) return
      let path = url.path
      for (let round = 0; round < rounds; round += 1) {
        path = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      }
      const plain = path.replaceAll('\\', '/').replace(/;[^/]*/g, '')
      const resolved = new URL(
        `http://a.test${plain.replaceAll('%', '%25').replaceAll('?', '%3f').replaceAll('#', '%23')}`,
      )
      assert.ok(resolved.pathname.startsWith('/v1/'), `${url.path} is ${resolved.pathname}`)
    }),
    { numRuns: 5_000 },
  )
})

test('reads names of tools, and grants by name or by server', () => {
  assert.deepEqual(parseToolName('files/read'), { server: 'files', tool: 'read' })
  for (const text of [
    '',
    '/',
    'files',
    'files/',
    '/read',
    'files/a b',
    'files/a/b',
    `files/${'x'.repeat(129)}`,
    'files/\n',
  ]) {
    assert.equal(parseToolName(text), null, text)
  }
  const name = { server: 'files', tool: 'read' }
  assert.ok(mayCallTool(['files/read'], name))
  assert.ok(mayCallTool(['files/*'], name))
  assert.ok(!mayCallTool(['files/write', 'file/*', '*', 'files'], name))
})
