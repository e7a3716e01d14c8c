import {
  CAXTON_ABI,
  GRANTS,
  HTTP_METHODS,
  HTTP_RULE_DEFAULTS,
  TOOL_SERVER_DEFAULTS,
} from '../../src/capability/index.ts'
import { formatBytes, formatCount, formatDurationMs, formatRate } from '../../src/core/index.ts'
import { WASI_PREVIEW1 } from '../../src/wasi/index.ts'
import type { Document } from './document.ts'
import { formatTable, GENERATED } from './document.ts'

/** Every grant with what it allows. */
export const CAPABILITIES: Document = {
  path: 'docs/CAPABILITIES.md',
  generate: () =>
    [
      `<!-- ${GENERATED} -->`,
      '',
      '# Grants',
      '',
      'An agent can do nothing it was not granted. Absent means none: there is no default that allows anything. In a system',
      'file, grants stand in the table `grants` of an agent.',
      '',
      formatTable(
        ['grant', 'example', 'what it allows', 'imports that need it', 'imports that get less without it'],
        Object.entries(GRANTS).map(([name, { example, sentence }]) => [
          `\`${name}\``,
          `\`${example}\``,
          sentence,
          list(CAXTON_ABI.functions.filter(({ grant }) => grant === name)),
          list([...CAXTON_ABI.functions, ...WASI_PREVIEW1.functions].filter(({ uses }) => uses === name)),
        ]),
      ),
      'Answering the sender of the message being handled needs no grant. Without `log`, what an agent writes to standard output',
      'and error is dropped. Without `clock` and `random`, the functions of WASI for them answer from fixed, documented sources.',
      '`caxton inspect --grants` tells which of these a module asks for, and by which imports.',
      '',
      '## Rules of `http`',
      '',
      'The first rule that names a request counts: scheme, host and port whole, the method, and the path whole or, with a final',
      '`/*`, as a prefix. A host may begin with `*.` for every host below it, or be `*` for every host.',
      '',
      formatTable(['key', 'default', 'what it says'], HTTP_KEYS),
      'Addresses that are not public are refused after names are resolved: private, loopback, link-local, shared, multicast and',
      'reserved ones, and every IPv6 address that carries an IPv4 address. A rule names one by its host (`http://127.0.0.1:8080/*`;',
      '`localhost` names loopback) or under `addresses`. A connection goes to the address that was checked, is used once, and',
      'through no proxy. Redirects are followed only to what a rule names, with the secrets of that rule and no others.',
      '',
      'A guest sets no header that frames or routes a request (`host`, `content-length`, `transfer-encoding`, `x-forwarded-…` and',
      'their like), none that a secret fills, and no `range` beside a secret. It sees the usual headers of a response. Bodies come as',
      'they are: nothing is unpacked, and an encoded answer to a request with a secret is refused.',
      '',
      '## Secrets',
      '',
      'Under `[secrets]`, `name = { env = "VARIABLE" }` or `name = { file = "path" }`: 8 to 8192 printable ASCII characters, read once.',
      '`{name}` in a header of a rule, or in `env` and `headers` of a tool server, stands for it; `{ basic = "user:{name}" }` is sent',
      'as basic authentication. What a server repeats of it, as it is, escaped, in base64 or in hexadecimal, reaches the guest as `*`.',
      '',
      '## Tool servers',
      '',
      'Under `[tools.<name>]`, an MCP server: `command`, `args`, `env`, `cwd` to start one that speaks on its standard streams, or `url`',
      'and `headers` for one over streamable HTTP. It is started by the first call, and again by the first call after it has ended.',
      'Arguments are checked against the schema of the tool before they are sent.',
      '',
      formatTable(['key', 'default', 'what it says'], TOOL_KEYS),
    ].join('\n'),
}

const rules = HTTP_RULE_DEFAULTS
const servers = TOOL_SERVER_DEFAULTS

const HTTP_KEYS: readonly string[][] = [
  ['`url`', '–', 'Where requests may go: `https://api.example.com/v1/*`.'],
  ['`methods`', '–', `Some of ${HTTP_METHODS.join(', ')}.`],
  ['`secrets`', 'none', 'Headers that the host fills: `{ authorization = "Bearer {api_key}" }`.'],
  [
    '`addresses`',
    'none',
    'Addresses and ranges that may be connected to although they are not public: `["10.0.0.0/8"]`.',
  ],
  ['`response_headers`', 'none', 'Headers of responses that the guest sees beside the usual ones.'],
  ['`redirects`', String(rules.redirects), 'Redirects that are followed; at 0 the guest gets the first answer.'],
  ['`request_bytes`', `\`${formatBytes(rules.requestBytes)}\``, 'Body of a request.'],
  ['`response_bytes`', `\`${formatBytes(rules.responseBytes)}\``, 'Body of a response.'],
  ['`timeout`', `\`${formatDurationMs(rules.timeoutMs)}\``, 'From the call to the last byte of the body.'],
  ['`concurrency`', String(rules.concurrency), 'Exchanges at once.'],
  ['`rate`', `\`${formatRate(rules.rate, formatCount)}\``, 'Requests over time, redirects included.'],
]

const TOOL_KEYS: readonly string[][] = [
  ['`timeout`', `\`${formatDurationMs(servers.timeoutMs)}\``, 'For one call, the start of the server included.'],
  ['`argument_bytes`', `\`${formatBytes(servers.argumentBytes)}\``, 'Arguments of a call.'],
  ['`result_bytes`', `\`${formatBytes(servers.resultBytes)}\``, 'Result of a call, as JSON.'],
  ['`concurrency`', String(servers.concurrency), 'Calls of all agents at once.'],
  ['`rate`', `\`${formatRate(servers.rate, formatCount)}\``, 'Calls of one agent over time.'],
]

function list(functions: readonly { readonly name: string }[]): string {
  return functions.map(({ name }) => `\`${name}\``).join(', ') || '–'
}
