import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatTraceContext, parseTraceContext } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('a trace context is written as it was read', () => {
  for (const flags of ['00', '01', 'ff']) {
    const text = `00-${TRACE}-${SPAN}-${flags}`
    const context = parseTraceContext(text)
    assert.deepEqual(context, { traceId: TRACE, spanId: SPAN, traceFlags: Number.parseInt(flags, 16) })
    assert.equal(formatTraceContext(context!), text)
  }
})

const REFUSED = [
  { name: 'nothing', text: undefined },
  { name: 'another version', text: `01-${TRACE}-${SPAN}-01` },
  { name: 'a trace of zeros', text: `00-${'0'.repeat(32)}-${SPAN}-01` },
  { name: 'a span of zeros', text: `00-${TRACE}-${'0'.repeat(16)}-01` },
  { name: 'upper case', text: `00-${TRACE.toUpperCase()}-${SPAN}-01` },
  { name: 'more than one line', text: `00-${TRACE}-${SPAN}-01\n` },
  { name: 'a short id', text: `00-${TRACE.slice(1)}-${SPAN}-01` },
]

for (const { name, text } of REFUSED) {
  test(`${name} is no trace context`, () => assert.equal(parseTraceContext(text), null))
}
