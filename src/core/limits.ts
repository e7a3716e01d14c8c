/**
 * All limits but those of conversations in one place. Nothing is unlimited: a limit that is not given has its default.
 */

/** Limits of one agent. A message's budget covers everything from its delivery to the end of its handling. */
export interface Limits {
  /** Fuel for one message (and for the start of the agent). One unit is about one instruction. */
  readonly fuel: number
  /** Wall time for one message, milliseconds. */
  readonly wallMs: number
  /** Time spent in host calls that wait, for one message, milliseconds. It is no wall time: others run meanwhile. */
  readonly waitMs: number
  /** Linear memory, bytes, summed over the memories of the module. Rounded down to whole pages of 64 KiB. */
  readonly memoryBytes: number
  /** Elements, summed over the tables of the module. */
  readonly tableElements: number
  /** Stack of calls within the guest, bytes, counted alike on every machine: an upper bound of what V8 takes for them. */
  readonly stackBytes: number
  /** Bytes of one message, sent or received. */
  readonly messageBytes: number
  /** Messages an agent may send while it handles one; of one for several, each copy counts. */
  readonly messages: number
  /** Messages of one agent that wait in mailboxes of others, not yet handled. */
  readonly outstandingMessages: number
  /** Messages that wait in an agent's mailbox. */
  readonly mailboxMessages: number
  /** Bytes that wait in an agent's mailbox. */
  readonly mailboxBytes: number
  /** Host calls while handling one message. */
  readonly hostCalls: number
  /** Bytes logged while handling one message, line ends, standard output and error included. */
  readonly logBytes: number
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  fuel: 100_000_000,
  wallMs: 5_000,
  waitMs: 60_000,
  memoryBytes: 16 * 2 ** 20,
  tableElements: 100_000,
  stackBytes: 768 * 2 ** 10,
  messageBytes: 2 ** 20,
  messages: 1_000,
  outstandingMessages: 256,
  mailboxMessages: 1_024,
  mailboxBytes: 16 * 2 ** 20,
  hostCalls: 100_000,
  logBytes: 64 * 2 ** 10,
})

type LimitUnit = 'bytes' | 'ms' | 'count'

export interface LimitRow {
  /** Name in a system file and on the command line, where the value carries its unit. */
  readonly key: string
  readonly unit: LimitUnit
  /** Smallest and largest value that is taken. */
  readonly min: number
  readonly max: number
  readonly sentence: string
}

/** How each limit is called in a system file, its range, and the sentence for docs/LIMITS.md. */
export const LIMITS: Readonly<Record<keyof Limits, LimitRow>> = {
  fuel: {
    key: 'fuel',
    unit: 'count',
    min: 1_000,
    max: 1e15,
    sentence: 'Fuel for one message; one unit is about one instruction.',
  },
  wallMs: { key: 'wall', unit: 'ms', min: 1, max: 86_400_000, sentence: 'Wall time for one message.' },
  waitMs: {
    key: 'wait',
    unit: 'ms',
    min: 1,
    max: 86_400_000,
    sentence: 'Time spent waiting in host calls for one message; it is not part of the wall time.',
  },
  memoryBytes: {
    key: 'memory',
    unit: 'bytes',
    min: 65_536,
    max: 4 * 2 ** 30,
    sentence: 'Linear memory, summed over the memories of the module.',
  },
  tableElements: {
    key: 'table',
    unit: 'count',
    min: 0,
    max: 10_000_000,
    sentence: 'Elements, summed over the tables of the module.',
  },
  stackBytes: {
    key: 'stack',
    unit: 'bytes',
    min: 16 * 2 ** 10,
    // A stack that can suspend has 984 KiB in V8: the guest's own limit comes first.
    max: 768 * 2 ** 10,
    sentence: 'Stack of calls within the guest, an upper bound of what V8 takes for them.',
  },
  messageBytes: {
    key: 'message_bytes',
    unit: 'bytes',
    min: 1_024,
    max: 256 * 2 ** 20,
    sentence: 'Size of one message, sent or received.',
  },
  messages: {
    key: 'messages',
    unit: 'count',
    min: 0,
    max: 1_000_000,
    sentence: 'Messages sent while handling one, each copy of one for several.',
  },
  outstandingMessages: {
    key: 'outstanding',
    unit: 'count',
    min: 1,
    max: 1_000_000,
    sentence: 'Messages of the agent that wait in mailboxes of others.',
  },
  mailboxMessages: {
    key: 'mailbox',
    unit: 'count',
    min: 1,
    max: 1_000_000,
    sentence: 'Messages that wait in the mailbox.',
  },
  mailboxBytes: {
    key: 'mailbox_bytes',
    unit: 'bytes',
    min: 1_024,
    max: 2 ** 30,
    sentence: 'Bytes that wait in the mailbox.',
  },
  hostCalls: { key: 'host_calls', unit: 'count', min: 0, max: 1e9, sentence: 'Host calls while handling one message.' },
  logBytes: {
    key: 'log_bytes',
    unit: 'bytes',
    min: 0,
    max: 2 ** 30,
    sentence: 'Bytes logged while handling one message, line ends, standard output and error included.',
  },
}

/** Sizes of a module that are checked before anything is allocated for them. */
export const MODULE_LIMITS = Object.freeze({
  /** Largest module taken, bytes. */
  moduleBytes: 128 * 2 ** 20,
  /** Compiled code about doubles when it is rewritten; code of nothing but branches grows to seven times its size. */
  rewrittenBytes: 384 * 2 ** 20,
  /** V8 takes 1,000,000 (`kV8MaxWasmTypes`); each is an object here, and a million of them take seconds. */
  types: 100_000,
  /** V8 takes 1,000,000 (`kV8MaxWasmFunctions`); rewriting adds one for each memory and table, and twenty. */
  functions: 900_000,
  /** V8 takes 1,000,000; instantiating that many takes seconds (half a million exports: 1.4 s). */
  imports: 10_000,
  exports: 50_000,
  /** V8 `kV8MaxWasmGlobals` is 1,000,000; globals are allocated one by one when the module is instantiated. */
  globals: 100_000,
  memories: 100,
  tables: 1_000,
  tags: 100_000,
  dataSegments: 100_000,
  elementSegments: 100_000,
  /** V8 `kV8MaxWasmFunctionLocals`. */
  functionLocals: 50_000,
  /** V8 `kV8MaxWasmFunctionParams`. */
  functionParams: 1_000,
  /** V8 `kV8MaxWasmFunctionReturns`. */
  functionResults: 1_000,
  /** V8 `kV8MaxWasmFunctionSize`, bytes. */
  functionBytes: 7_654_321,
  /**
   * Branches and blocks of a function, times its locals and operands: V8's baseline compiler looks at each pair, about 30 million a
   * second, when the function is first called, and nothing can interrupt it. The largest function of LLVM has 3.7 million.
   */
  functionMerges: 16_000_000,
  /** One array, bytes: V8 ends the whole process when a single object does not fit into what a full heap leaves. */
  arrayBytes: 4 * 2 ** 20,
  /** 7.5 MB of nested blocks validate and take 1.8 GB to compile. */
  nesting: 10_000,
  /** V8 `kV8MaxWasmStringSize`, bytes. */
  nameBytes: 100_000,
  /** V8 `kV8MaxWasmTableInitEntries`. */
  elementEntries: 10_000_000,
  /** V8 `kV8MaxWasmStructFields`. */
  structFields: 10_000,
  /** Fields of all types; each is an object here. */
  fields: 1_000_000,
  customSections: 10_000,
})

/** Sizes of the parts of a message, checked by whoever sends it. Its size as a whole is a limit of the agent. */
export const MESSAGE_LIMITS = Object.freeze({
  /** Longest field but the content, characters: what the runtime remembers of a conversation is made of these. */
  fieldChars: 256,
  /** Arrays and objects of the content within each other. */
  depth: 128,
  /** Fields that a sender makes up: `x-…`. */
  extraFields: 16,
  /** Agents in one list of receivers; each is sent a message of its own. */
  receivers: 256,
  /** Problems that are reported of one message. */
  problems: 20,
})

/** Bounds of the host itself. */
export const HOST_LIMITS = Object.freeze({
  /** A process holds 16,364 memories of 8 GB address space each; 2 maps each under a `vm.max_map_count` of 65,530. */
  agents: 10_000,
  /** Linear memories of all agents together; see `agents`. */
  memories: 16_000,
  /**
   * Memory maps that agents may take of the 65,530 that Linux allows a process: 2 for each memory, 3 for each agent that can be
   * suspended; with 3 for each MiB of the threads' heaps at most what Linux allows. Where V8 gets no map for a stack it aborts.
   */
  maps: 50_000,
  /** Percent of the machine's memory that the linear memories of all agents may have when one more is deployed. */
  memoryPercent: 80,
  /**
   * Descriptors of the system that files of agents may take of a process, all threads together, see FILE_LIMITS; at most half of
   * what the system allows the process.
   */
  descriptors: 65_536,
  /** Percent of a thread's heap that instances may take by what their modules declare; what runs needs the rest. */
  heapPercent: 75,
  threads: 64,
  /** Threads besides, for agents that keep objects on the heap of V8: one each. */
  heapAgents: 32,
  /** Of the process tier. Each takes about 25 MB of its own before its first agent. */
  processes: 64,
  /** Events that wait for a slow reader before the oldest are dropped and counted. */
  bufferedEvents: 100_000,
  /** Bytes of those events, about. */
  bufferedEventBytes: 64 * 2 ** 20,
  agentNameBytes: 64,
  capabilitiesPerAgent: 64,
  /** Delegations that one agent has given and that are not revoked. */
  delegationsPerAgent: 256,
  /** Delegations made of each other, one after the other. */
  delegationDepth: 8,
  /** Agents that a grant `spawn` can allow. */
  spawnedAgents: 1_000,
  /** Conversations remembered; the oldest that waits for no reply goes first. */
  conversations: 10_000,
  /** Conversations of different agents under one id that agents have chosen. */
  conversationsPerId: 16,
  participantsPerConversation: 256,
  openRepliesPerConversation: 64,
  /** Requests of the user that wait for a reply. */
  pendingRequests: 10_000,
  /** Pairs of agents of which failures are remembered. */
  circuits: 10_000,
  /** Notices of the runtime that wait for room in the mailbox of one agent. */
  noticesPerAgent: 1_024,
  configBytes: 64 * 2 ** 10,
  /** Ids from outside that are remembered, so that one that comes again is known. */
  rememberedIds: 100_000,
  /** People that agents of one system may write to. */
  people: 1_000,
  /** Messages to people that no longer wait, of which it is remembered why. */
  endedHumanMessages: 1_000,
  /** Messages that were given up, kept in memory by a system without a data directory. */
  deadLetters: 1_000,
  /** HTTP exchanges of all agents at once; each holds a socket and what it buffers. */
  httpExchanges: 256,
})

/** Bounds of topics, of who subscribes to them, and of what is retained. */
export const TOPIC_LIMITS = Object.freeze({
  /** Longest name or pattern, characters. */
  nameChars: 128,
  /** Tokens of a name. A publication looks at no more than 2 to the power of this plus 1 places, whatever the patterns are. */
  tokens: 10,
  /** Patterns that one grant lists. */
  grantedPatterns: 64,
  subscriptionsPerAgent: 64,
  /** Of all agents together. */
  subscriptions: 100_000,
  /** Copies that the calls of one agent make in one turn of the main thread, some 40 ms; more where one call may send more messages. */
  copiesPerTurn: 10_000,
  /**
   * Pairs of a retained value and a pattern that are looked at in one turn of the main thread for subscriptions of one agent, some 40 ms: all values
   * twice with as many patterns as it may have.
   */
  looksPerTurn: 524_288,
  /** Values that are retained, each the last one of a topic. */
  retained: 4_096,
  /** Of those, the ones that one agent has published. */
  retainedPerAgent: 1_024,
  /** Bytes of those values, counted as messages are. */
  retainedBytes: 64 * 2 ** 20,
  retainedPerAgentBytes: 16 * 2 ** 20,
})

/** Bounds of what agents keep. */
export const KEPT_LIMITS = Object.freeze({
  /** Most that a grant can give one agent: it is held in memory, too. */
  storeBytes: 256 * 2 ** 20,
  storeKeys: 100_000,
  timers: 1_024,
  /** Shortest delay of a timer, milliseconds: a shorter one is as long. */
  timerMinMs: 10,
  /** Longest delay of a timer, ten years in milliseconds. */
  timerMaxMs: 315_576_000_000,
})

/** Sizes that a guest names in a call of WASI, checked before anything is allocated for them. */
export const WASI_LIMITS = Object.freeze({
  /** Buffers of one read or write: IOV_MAX of Linux. */
  iovecs: 1_024,
  /** Subscriptions of one poll. */
  subscriptions: 4_096,
  /** PATH_MAX of Linux. */
  pathBytes: 4_096,
  /** Open descriptors of one agent: streams, files and directories. */
  descriptors: 1_024,
})

/** Sizes of files and directories that an agent is granted, whatever holds them. */
export const FILE_LIMITS = Object.freeze({
  /** Places of one agent at which files are granted. */
  grants: 16,
  /** NAME_MAX of Linux. */
  nameBytes: 255,
  /** Directories below the one that is granted, and those that one path leads through. */
  depth: 64,
  /** MAXSYMLINKS of Linux: symbolic links that one path may lead through. */
  links: 40,
  /** Bytes that are moved between two looks at the fuel. */
  transferBytes: 2 ** 20,
  /** Bytes of the files in memory at one place. */
  memoryBytes: { min: 0, max: 2 ** 30 },
  /** Files, directories and links in memory at one place, or made in a directory of the host. */
  files: { min: 0, max: 1_000_000, default: 10_000 },
  /** Bytes by which a guest may let a directory of the host grow. */
  hostBytes: { min: 0, max: 2 ** 40, default: 2 ** 30 },
  /** Descriptors of the host that one agent holds: a directory or file takes one, one that is appended to two. */
  hostDescriptors: 128,
  /** Descriptors of the host that the agents of one thread hold together. */
  hostDescriptorsPerThread: 2_048,
})
