/** The library: a runtime for systems of sandboxed agents. */
export type { AgentInfo, AgentPhase } from './agent/index.ts'
export * from './audit-log.ts'
export type { Grants, LogLevel, SecretSource } from './capability/index.ts'
export type { CaxtonOptions, DrainOptions, IncomingMessage, OutgoingMessage, RequestOptions } from './caxton-options.ts'
export type { Draft, ErrorCode, ErrorData, ErrorKind, Limits, Message, Performative } from './core/index.ts'
export { CaxtonError, DEFAULT_LIMITS, ERRORS, isCaxtonError, PERFORMATIVES } from './core/index.ts'
export type { CaxtonEvent } from './event-stream.ts'
export { EXEC_LIMITS, type ExecRequest, type ExecResult, execModule } from './exec.ts'
export { type Inspection, inspectModule } from './inspect.ts'
export type { CauseTree, LoggedConversation, LoggedEnd, LoggedMessage } from './message-log.ts'
export { MessageLog } from './message-log.ts'
export * from './people.ts'
export * from './people-inbox.ts'
export type { AuditRecord, ConversationInfo, RouterEvent } from './router/index.ts'
export type { RunOptions, RunReport } from './run.ts'
export { runSystem } from './run.ts'
export type { RunExport, RunExported } from './run-exports.ts'
export { Caxton } from './runtime.ts'
export type { DeadLetter, DirectoryReport, StoredMessage } from './store/index.ts'
export { backupDirectory, checkDirectory, leaveInInbox, restoreDirectory, StoreReader } from './store/index.ts'
export type {
  AgentInput,
  AgentOptions,
  ConversationsInput,
  Goal,
  PersonInput,
  ProtocolInput,
  System,
  SystemOverrides,
  ToolServerInput,
} from './system/index.ts'
export { loadSystem } from './system/index.ts'
export * from './system-directory.ts'
export type { MessageTracing, TraceExport } from './telemetry/index.ts'
export { asksForTraces, exportTraces, openTelemetry } from './telemetry/index.ts'
export { type LoggedSubscription, type LoggedTopic, readTopics, type TopicOverview } from './topic-log.ts'
export type { MemoryTree, TreeEntry } from './wasi/index.ts'
export { saveTree } from './wasi/index.ts'
