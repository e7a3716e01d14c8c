/** What leaves the system to be watched elsewhere: traces of messages. */
export type { HandledFacts, SpanSource, TelemetrySpan } from './message-tracing.ts'
export { MessageTracing } from './message-tracing.ts'
export type { TraceExport } from './open-telemetry.ts'
export { asksForTraces, exportTraces, openTelemetry } from './open-telemetry.ts'
