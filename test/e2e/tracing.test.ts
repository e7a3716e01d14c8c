import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { asksForTraces } from '../../src/index.ts'

const CLI = new URL('../../src/cli/main.ts', import.meta.url).pathname
const ECHO = new URL('../../examples/echo', import.meta.url).pathname

interface Exported {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[]
}

test('a run exports a span of each message where OpenTelemetry is asked for, with causes as parents', async () => {
  const spans: Exported[] = []
  const collector = createServer(async (request, response) => {
    const { resourceSpans } = JSON.parse(await text(request))
    for (const { scopeSpans } of resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  collector.listen(0, '127.0.0.1')
  await once(collector, 'listening')
  const env = {
    ...process.env,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
  }
  const run = spawn(process.execPath, [CLI, 'run', ECHO, '--quiet'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stderr] = await Promise.all([text(run.stderr), text(run.stdout), once(run, 'exit')])
  collector.closeAllConnections()
  collector.close()
  assert.equal(run.exitCode, 0, stderr)
  const requests = spans.filter(({ name }) => name.startsWith('request '))
  assert.ok(requests.length > 0, 'no span of a request')
  for (const request of requests) {
    const reply = spans.find(({ parentSpanId }) => parentSpanId === request.spanId)
    assert.equal(reply?.name, 'inform user')
    assert.equal(reply.traceId, request.traceId)
    const keys = request.attributes.map(({ key }) => key)
    for (const key of ['caxton.fuel', 'caxton.memory_bytes', 'caxton.performative']) assert.ok(keys.includes(key), key)
  }
})

test('traces are asked for by the variables of OpenTelemetry, and by nothing else', () => {
  assert.equal(asksForTraces({}), false)
  assert.equal(asksForTraces({ OTEL_SERVICE_NAME: 'x' }), false)
  assert.equal(asksForTraces({ OTEL_TRACES_EXPORTER: 'console' }), true)
  assert.equal(asksForTraces({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }), true)
  assert.equal(asksForTraces({ OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1' }), false)
  assert.equal(asksForTraces({ OTEL_TRACES_EXPORTER: 'otlp', OTEL_SDK_DISABLED: 'true' }), false)
})
