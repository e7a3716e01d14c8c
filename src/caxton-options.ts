import type { SecretSource } from './capability/index.ts'
import type { Alarm, Clock, Draft, Message } from './core/index.ts'
import type {
  CapabilitiesInput,
  ConversationsInput,
  PersonInput,
  ProtocolInput,
  StoreSettings,
  ToolServerInput,
} from './system/index.ts'
import type { MessageTracing } from './telemetry/index.ts'

export interface CaxtonOptions {
  /** Worker threads that agents run in, 1 to 64. @default the number of processors */
  readonly threads?: number
  /**
   * Fuel that an agent gets at a time, 10,000 to 1e12: then others of its thread take their turns. A smaller slice lets them wait less
   * and costs more turns, some 10 µs each. @default 2,000,000, about a millisecond
   */
  readonly sliceFuel?: number
  /** Where built agents are kept. @default `caxton/build` in the user's cache directory */
  readonly cacheDirectory?: string
  /** Bytes of modules that are kept compiled. @default 256 MiB */
  readonly moduleCacheBytes?: number
  /**
   * Directory where rewritten modules are kept for the next process, at most 512 MiB of them. Whoever can write to it decides
   * what runs. @default nowhere
   */
  readonly moduleCacheDirectory?: string
  /** Makes a span of each message, see `openTelemetry`. @default none, at no cost */
  readonly tracing?: MessageTracing
  /** Takes a line for people when something takes long, such as the first build of a source. */
  readonly onProgress?: (line: string) => void
  /** @default the clock of the system */
  readonly clock?: Clock
  /** What wakes timers of agents. @default the event loop */
  readonly alarm?: Alarm
  /**
   * The data directory: what agents store, and what was accepted and is not handled, survives there. One system at a time has
   * it. @default none: everything is in memory
   */
  readonly dataDirectory?: string
  /** How data is kept there. */
  readonly store?: StoreSettings
  /** Where the host finds what it fills in for agents. Read once, at the start. @default none */
  readonly secrets?: Readonly<Record<string, SecretSource>>
  /** MCP servers whose tools agents may call. @default none */
  readonly tools?: Readonly<Record<string, ToolServerInput>>
  /** Budgets of conversations, and when agents that fail are let rest. @default those of docs/LIMITS.md */
  readonly conversations?: ConversationsInput
  /** People whom agents may write to as `human:<name>`. @default nobody */
  readonly people?: Readonly<Record<string, PersonInput>>
  /** Whom messages to capabilities go to, by the name of the capability. @default one agent after the other */
  readonly capabilities?: CapabilitiesInput
  /** Protocols beside those of FIPA. @default none */
  readonly protocols?: Readonly<Record<string, ProtocolInput>>
}

/** Fields of the sender's own, under names that begin with `x-`. */
interface ExtraFields {
  readonly [name: `x-${string}`]: string
}

/** A message as a caller of the library writes it: `content` is any value that JSON can carry. */
export interface OutgoingMessage
  extends Omit<Draft, 'content' | 'sender' | 'receiver' | 'others' | 'extras'>,
    ExtraFields {
  /** One address or several: each is sent a message of its own, in the same conversation. */
  readonly receiver: string | readonly string[]
  readonly content?: unknown
}

/** A message that reached the user, with its content parsed. */
export interface IncomingMessage extends Omit<Message, 'content' | 'extras'>, ExtraFields {
  readonly content?: unknown
}

export interface RequestOptions {
  /** Milliseconds to wait for the reply. @default 30000 ms */
  readonly deadlineMs?: number
}

export interface DrainOptions {
  /** Milliseconds after which agents are stopped anyway. @default no deadline */
  readonly deadlineMs?: number
}

/** Puts the value that the content of a message stands for in the place of its text. */
export function parseContent<Header extends Draft>(
  message: Header,
): Omit<Header, 'content' | 'extras'> & { readonly content?: unknown } {
  const { content, extras, ...header } = message
  const fields = { ...header, ...extras }
  return content === undefined ? fields : { ...fields, content: JSON.parse(content) as unknown }
}
