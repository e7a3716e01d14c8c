import type { StatusName } from '../../src/capability/index.ts'
import { HANDLED, LOG_LEVELS, STATUS, STATUS_SENTENCES } from '../../src/capability/index.ts'
import { PERFORMATIVES } from '../../src/core/index.ts'
import type { Document } from './document.ts'
import { GENERATED } from './document.ts'

/** The types behind `import … from 'caxton'` in a script. */
export const TYPESCRIPT_TYPES: Document = {
  path: 'sdk/typescript/caxton.d.ts',
  generate: () =>
    [
      `// ${GENERATED}`,
      '',
      '/** What a script imports from `caxton`. It exports `handleMessage(message)`, and `init()` and `handleTimer(id)` if it wants. All may be async. */',
      "declare module 'caxton' {",
      ...MEMBERS.flatMap((lines) => [...lines.split('\n').map((line) => (line === '' ? '' : `  ${line}`)), '']).slice(
        0,
        -1,
      ),
      '}',
      '',
    ].join('\n'),
}

const statuses = (Object.entries(STATUS) as [StatusName, number][]).filter(([name]) => name !== 'OK')

const MEMBERS: readonly string[] = [
  `/** The communicative acts of FIPA00037. */\nexport type Performative =\n${PERFORMATIVES.map((name) => `  | '${name}'`).join('\n')}`,
  `/** A message to be sent. The runtime sets \`sender\` and \`message_id\`. */
export interface Draft {
  readonly performative: Performative
  /** An agent name, \`capability:<name>\`, \`topic:<name>\`, \`human:<name>\`, or \`user\`; of several, each is sent a message of its own in the same conversation. */
  readonly receiver: string | readonly string[]
  /** Any JSON value. */
  readonly content?: unknown
  readonly conversation_id?: string | undefined
  readonly reply_with?: string | undefined
  readonly in_reply_to?: string | undefined
  /** Whom answers go to, when not to the sender. */
  readonly reply_to?: string | undefined
  /** ISO 8601 date and time with its offset from UTC. */
  readonly reply_by?: string | undefined
  readonly protocol?: string | undefined
  readonly language?: string | undefined
  /** How \`content\` is written within JSON, such as \`base64\`. */
  readonly encoding?: string | undefined
  readonly ontology?: string | undefined
  readonly trace?: string | undefined
  /** Compared with the real sender: a message in another's name is refused. */
  readonly sender?: string | undefined
  /** Fields of your own, carried as they are: at most 16 of at most 256 characters. */
  readonly [extra: \`x-\${string}\`]: string | undefined
}`,
  `/** A message as it arrives. */
export interface Message extends Draft {
  readonly sender: string
  readonly receiver: string
  readonly message_id: string
  readonly conversation_id: string
  // biome-ignore lint/suspicious/noExplicitAny: whoever sent it decides what it is
  readonly content?: any
}`,
  ...Object.entries(HANDLED).map(([name, value]) =>
    name === 'OK'
      ? `/** Answer of \`handleMessage\`: handled. The same as answering nothing. */\nexport const OK: ${value}`
      : `/** Answer of \`handleMessage\`: the runtime tells the sender so. */\nexport const ${name}: ${value}`,
  ),
  `/** Why the host did not do what it was asked. */\nexport type StatusName =\n${statuses
    .map(([name]) => `  /** ${STATUS_SENTENCES[name]} */\n  | '${name}'`)
    .join('\n')}`,
  `/** Thrown by every function below. Catch it and look at \`code\`: after MAILBOX_FULL, try again after the next message. */
export class CaxtonError extends Error {
  readonly code: StatusName
  /** The number behind \`code\`. */
  readonly status: number
}`,
  `/** Sends a message. @throws CaxtonError DENIED, MAILBOX_FULL, INVALID, TOO_LARGE: then nothing was sent */
export function send(draft: Draft): void`,
  `/** Header fields that \`reply\` can be given, or be told to set otherwise. */
export type ReplyHeader = Partial<Omit<Draft, 'performative' | 'receiver' | 'content' | 'sender'>>`,
  `/**
 * Answers a message: to its sender, or whom it names in \`reply_to\`, in its conversation and protocol, with more header fields, such as \`reply_with\`.
 * @throws CaxtonError as \`send\` does
 */
export function reply(message: Message, performative: Performative, content?: unknown, header?: ReplyHeader): void`,
  `/**
 * One answer of each of several agents: what the runtime says about one of them counts as its answer, too, and that nothing is
 * sent any more as the answer of all that are missing. It waits for agents by their names: whoever answers for an address such as
 * \`capability:<name>\` has another.
 */
export class Collector {
  constructor(receivers: readonly string[], replyWith: string)
  readonly replyWith: string
  /** Who has not answered yet. */
  readonly missing: ReadonlySet<string>
  /** The answers by who they are from. */
  readonly answers: ReadonlyMap<string, Message>
  /** Who gave no answer of its own, and the code of why, such as \`ERR_PROTOCOL_DEADLINE\`. */
  readonly unanswered: ReadonlyMap<string, string>
  readonly isComplete: boolean
  /** Tells whether a message is an answer that was missing; then it is kept. \`agree\` is none yet. */
  take(message: Message): boolean
  /** Waits no longer for somebody, for a reason that is known otherwise, such as a recruiter. Tells whether it was missing. */
  giveUp(name: string, reason: string): boolean
  /** The answers with that act, in the order in which they came. */
  by(performative: Performative): Message[]
}`,
  `/**
 * Sends a message to several agents and returns what collects their answers; hand it every message that arrives. With a
 * \`reply_by\` under a protocol it is complete by then.
 * @throws CaxtonError as \`send\` does
 */
export function collect(draft: Draft): Collector`,
  `/** Writes a line to the agent's log. Lines beyond the limit for one message are left out. @throws CaxtonError DENIED without the grant \`log\` */
export function log(level: ${LOG_LEVELS.map((name) => `'${name}'`).join(' | ')}, text: string): void`,
  `/** Makes the agent reachable as \`capability:<name>\`. @throws CaxtonError DENIED, INVALID, LIMIT */
export function registerCapability(name: string): void`,
  `/** Microseconds since 1970-01-01T00:00Z, in steps of the granted resolution. @throws CaxtonError DENIED without the grant \`clock\` */
export function nowMicros(): number`,
  `/** Charges a cost, in a unit of the agents' own, to the budget of what the message that is handled belongs to. @throws CaxtonError INVALID for anything but a whole number from 0 on */
export function chargeCost(units: number): void`,
  `/** 32 random bits, from 0 to 4294967295. @throws CaxtonError DENIED without the grant \`random\` */
export function randomU32(): number`,
  `/** The value of a key of the agent's configuration, undefined if there is none. */
export function getConfig(key: string): string | undefined`,
  `/**
 * Stores text under a key (1 to 256 bytes, no zero character): kept when the message is handled, gone when it is not.
 * @throws CaxtonError DENIED without the grant \`store\`, LIMIT when it is used up, INVALID, TOO_LARGE
 */
export function storeData(key: string, value: string): void`,
  `/** What is stored under a key, undefined if there is nothing. @throws CaxtonError as \`storeData\` does */
export function loadData(key: string): string | undefined`,
  `/** Drops what is stored under a key; false when there is nothing. @throws CaxtonError as \`storeData\` does */
export function deleteData(key: string): boolean`,
  `/** The keys that begin with a prefix, in order. @throws CaxtonError as \`storeData\` does */
export function listData(prefix?: string): string[]`,
  `/**
 * Has \`handleTimer(id)\` called once, that many milliseconds from now (at least 10), in place of a timer with the same id.
 * @throws CaxtonError DENIED without the grant \`timers\`, LIMIT, INVALID
 */
export function setTimer(id: number, delayMs: number): void`,
  `/** Cancels a timer; false when there is none with this id. @throws CaxtonError DENIED */
export function cancelTimer(id: number): boolean`,
  `/** How something is published. */
export interface PublishOptions {
  /** Whether it becomes the last value of the topic, for whoever subscribes later; without content it clears that. By default it does not. */
  readonly retain?: boolean
}`,
  `/**
 * Publishes a content to a topic: an \`inform\` to \`topic:<name>\`, which every agent gets that has subscribed to it. \`send\` to such a
 * receiver does the same with any act and all fields.
 * @throws CaxtonError DENIED without a grant \`publish\` for the topic, MAILBOX_FULL, INVALID, TOO_LARGE: then nothing was published
 */
export function publish(topic: string, content?: unknown, options?: PublishOptions): void`,
  `/**
 * Subscribes to the topics that a pattern stands for, \`*\` for one token and a final \`>\` for the rest, when the message is handled. What is
 * retained there comes at once, marked by \`x-retain\`.
 * @throws CaxtonError DENIED without a grant \`subscribe\` that covers the pattern, INVALID, LIMIT
 */
export function subscribeTopic(pattern: string): void`,
  `/** Ends a subscription when the message is handled; false when there is none to that pattern. @throws CaxtonError DENIED */
export function unsubscribeTopic(pattern: string): boolean`,
  `/**
 * Sends a message and waits for the reply to it, at most \`deadlineMs\` (0: as long as the limit \`wait\` lets it). What is not
 * awaited when the handler ends is forgotten, sent or not.
 * @returns the reply, whatever its act
 * @throws CaxtonError TIMEOUT, and as \`send\` does
 */
export function ask(draft: Draft, deadlineMs?: number): Promise<Message>`,
  `/** An HTTP request. */
export interface FetchOptions {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  readonly headers?: Readonly<Record<string, string>>
  /** Text, sent as UTF-8. */
  readonly body?: string
}`,
  `/** The head of an HTTP response; its body is read as text, piece by piece or at once. Bytes that are not UTF-8 become U+FFFD. */
export interface Response {
  readonly status: number
  /** The status is from 200 to 299. */
  readonly ok: boolean
  /** After redirects. */
  readonly url: string
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The next piece, of at most so many bytes; undefined at the end. @throws CaxtonError TOO_LARGE, TIMEOUT, FAILED */
  read(maxBytes?: number): Promise<string | undefined>
  text(): Promise<string>
  // biome-ignore lint/suspicious/noExplicitAny: whoever sent it decides what it is
  json(): Promise<any>
  /** Gives up the rest of the body. */
  close(): Promise<void>
}`,
  `/** Makes an HTTP request and waits for the head of its answer. @throws CaxtonError DENIED where no rule of the grant \`http\` names it, LIMIT, TOO_LARGE, TIMEOUT, FAILED */
export function fetch(url: string, options?: FetchOptions): Promise<Response>`,
  `/** What a tool answered: parts such as \`{ type: 'text', text: '…' }\`. */
export interface ToolResult {
  // biome-ignore lint/suspicious/noExplicitAny: whoever made the tool decides what it is
  readonly content: readonly any[]
  readonly structuredContent?: unknown
  readonly isError?: boolean
}`,
  `/** Calls a tool, \`<server>/<tool>\`. @throws CaxtonError DENIED without the grant \`tools\` for it, NOT_FOUND, INVALID for arguments that its schema refuses, LIMIT, TOO_LARGE, TIMEOUT, FAILED */
export function callTool(name: string, input?: object): Promise<ToolResult>`,
  `/**
 * A grant to pass on, or a part of it: \`value\` as a system file writes it, \`from\` the handle of a delegation to pass on instead
 * of the own grant.
 */
export interface DelegationRequest {
  readonly to: string
  readonly grant: 'http' | 'tools'
  readonly value: readonly unknown[]
  readonly from?: string
}`,
  `/** Passes a grant on to another agent. @returns the handle to send to it @throws CaxtonError DENIED for more than is held, NOT_FOUND, LIMIT, INVALID */
export function delegate(request: DelegationRequest): Promise<string>`,
  `/** Pauses, resumes or revokes what was passed on; a holder can only revoke. @throws CaxtonError DENIED */
export function setDelegation(handle: string, state: 'active' | 'paused' | 'revoked'): Promise<void>`,
  `/** \`fetch\` by a delegation. @throws CaxtonError DENIED also for a handle that cannot be used */
export function fetchBy(handle: string, url: string, options?: FetchOptions): Promise<Response>`,
  `/** \`callTool\` by a delegation. @throws CaxtonError DENIED also for a handle that cannot be used */
export function callToolBy(handle: string, name: string, input?: object): Promise<ToolResult>`,
  `/** Starts an agent of a template; it ends with this one. @returns its name @throws CaxtonError DENIED, LIMIT, INVALID, FAILED */
export function spawn(request: {
  readonly template: string
  readonly name?: string
  readonly config?: Readonly<Record<string, string>>
}): Promise<string>`,
  `/** Stops an agent that was started by this one. @throws CaxtonError NOT_FOUND */
export function stopAgent(name: string): Promise<void>`,
  `/** Words about an offer: texts, numbers, true and false, by their names. */
export type Properties = Readonly<Record<string, string | number | boolean>>`,
  `/** Offers a capability like \`registerCapability\`, and says more of it. Offering again takes the place of what was offered before. @throws CaxtonError DENIED, INVALID, TOO_LARGE, LIMIT */
export function offerCapability(offer: {
  readonly name: string
  readonly properties?: Properties
  readonly ontology?: string
  /** Milliseconds after which it lapses unless it is offered again. */
  readonly lease_ms?: number
}): Promise<void>`,
  `/** Takes a capability back that was registered or offered. @throws CaxtonError NOT_FOUND */
export function withdrawCapability(name: string): Promise<void>`,
  `/** Which offers are meant: each property must be there with an equal value of the same type. */
export interface DirectoryFilter {
  readonly capability?: string
  readonly properties?: Properties
  readonly ontology?: string
}`,
  `/** What an agent offers. */
export interface Offer {
  readonly agent: string
  readonly capability: string
  readonly properties: Properties
  readonly ontology?: string
}`,
  `/** Finds what agents offer now, at most \`limit\` (100). @returns \`more\`: whether there are more @throws CaxtonError DENIED, INVALID, TOO_LARGE */
export function searchDirectory(
  filter?: DirectoryFilter & { readonly limit?: number },
): Promise<{ readonly offers: readonly Offer[]; readonly more: boolean }>`,
  `/** Content of the messages of \`caxton\`, with the ontology \`caxton-directory\`, that tell of changes. */
export interface DirectoryNotice {
  /** The number that was given to \`watchDirectory\`. */
  readonly watch: number
  readonly changes: readonly (
    | ({ readonly offered: true } & Offer)
    | {
        readonly offered: false
        readonly agent: string
        readonly capability: string
        readonly cause: 'withdrawn' | 'lapsed' | 'ended' | 'changed'
      }
  )[]
  /** There were others, too: only a search tells how things are. */
  readonly missed: boolean
}`,
  `/** Has the agent told of changes in what a search would find, under a number of its own; a watch of that number ends. @throws CaxtonError DENIED, INVALID, TOO_LARGE, LIMIT */
export function watchDirectory(id: number, filter?: DirectoryFilter): Promise<void>`,
  `/** Ends a watch. @throws CaxtonError NOT_FOUND */
export function unwatchDirectory(id: number): Promise<void>`,
]
