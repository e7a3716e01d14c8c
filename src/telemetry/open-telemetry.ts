import { CaxtonError } from '../core/index.ts'
import type { SpanSource } from './message-tracing.ts'
import { MessageTracing } from './message-tracing.ts'

/** Variables of OpenTelemetry that ask for traces to be exported. */
const ASKING = [
  'OTEL_TRACES_EXPORTER',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_CONFIG_FILE',
] as const
const SPAN_KIND_CONSUMER = 4

/** Tells whether an environment asks for traces: nothing of OpenTelemetry is loaded unless it does. */
export function asksForTraces(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true' || env['OTEL_TRACES_EXPORTER'] === 'none') return false
  return ASKING.some((name) => (env[name] ?? '') !== '')
}

/**
 * Traces messages with the tracer provider that is registered in `@opentelemetry/api`; without one nothing is recorded.
 *
 * @throws CaxtonError ERR_TELEMETRY_MISSING when the package is not installed
 */
export async function openTelemetry(): Promise<MessageTracing> {
  const { ROOT_CONTEXT, trace } = await load<typeof import('@opentelemetry/api')>('@opentelemetry/api')
  const tracer = trace.getTracer('caxton')
  const spans: SpanSource = {
    begin: (name, parent, attributes) => {
      const context = parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true })
      return tracer.startSpan(name, { kind: SPAN_KIND_CONSUMER, attributes: { ...attributes } }, context)
    },
  }
  return new MessageTracing(spans)
}

/** Traces that are exported as `OTEL_*` variables say, until it is closed; closing sends what is left. */
export interface TraceExport extends AsyncDisposable {
  readonly tracing: MessageTracing
}

/**
 * Sets up OpenTelemetry's own SDK, which reads its variables from the environment of the process.
 *
 * @throws CaxtonError ERR_TELEMETRY_MISSING when the packages are not installed
 */
export async function exportTraces(): Promise<TraceExport> {
  const { NodeSDK } = await load<typeof import('@opentelemetry/sdk-node')>('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({
    serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'caxton',
    metricReaders: [],
    logRecordProcessors: [],
  })
  sdk.start()
  return { tracing: await openTelemetry(), [Symbol.asyncDispose]: () => sdk.shutdown() }
}

/** Loads an optional package from where the program is run, or from beside this one. */
async function load<Module>(name: string): Promise<Module> {
  try {
    return (await import(name)) as Module
  } catch (cause) {
    const detail = `npm install ${name} brings it`
    throw new CaxtonError('ERR_TELEMETRY_MISSING', { detail, data: { package: name }, cause })
  }
}
