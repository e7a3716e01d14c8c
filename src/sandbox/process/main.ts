import { Socket } from 'node:net'
import { extname } from 'node:path'
import { Mailboxes } from '../mailboxes.ts'
import { Terminator } from '../terminator.ts'
import type { ThreadParts } from '../thread.ts'
import { Thread } from '../thread.ts'
import { decodeToChild, encodeFromChild } from './encoding.ts'
import { FrameReader } from './frames.ts'
import { CHANNEL, threadArguments } from './launch.ts'
import { dropPermissions } from './permissions.ts'
import type { FromChild, ToChild } from './protocol.ts'
import type { ToRelay } from './relay.ts'
import { Relay } from './relay.ts'

/*
 * Program of a process of guests: one worker thread with the guests in it, and this thread, which carries what is said
 * between it and the host and keeps to the wall times.
 *
 * 1. The process ends when the host does, or says nothing more, or when the worker thread is lost, or cannot be stopped:
 *    then at once, since an orderly end would wait for the thread.
 * 2. Permissions are given up before the first guest is let in.
 */

const ENTRY = new URL(`./guest-thread${extname(import.meta.filename)}`, import.meta.url)
/** Times a thread is waited for, a second each. */
const ATTEMPTS = 20

const channel = new Socket({ fd: CHANNEL, readable: true, writable: true })
const terminator = new Terminator()
const reader = new FrameReader()
let relay: Relay | null = null
/** What has come before the relay was ready. */
let early: ToRelay[] = []
let isCorked = false

channel.on('data', (chunk: Buffer) => {
  for (const frame of reader.push(chunk, Number.POSITIVE_INFINITY)) if (frame !== null) receive(decodeToChild(frame))
})
for (const event of ['end', 'error', 'close']) channel.on(event, () => process.exit())

function receive(message: ToChild): void {
  if (message.type === 'begin') void begin(message)
  else if (message.type === 'ping') send({ type: 'pong' })
  else if (relay === null) early.push(message)
  else relay.receive(message)
}

async function begin({ run, heapMiB, sliceFuel }: ToChild & { readonly type: 'begin' }): Promise<void> {
  const mailboxes = new Mailboxes({ announce: (name, slot) => thread.post({ type: 'mailbox', name, slot }) })
  const parts: ThreadParts = {
    mailboxes,
    terminator,
    run,
    onMessage: (message) => relay?.pass(message),
    onWaiting: (count) => relay?.countWaiting(count),
    onLost: (_thread, { cause }) => {
      send({ type: 'thread-lost', cause: cause.toData() })
      channel.end(() => process.exit())
    },
    onStuck: (cause) => {
      send({ type: 'thread-lost', cause: cause.toData() })
      channel.end(() => process.abort())
    },
  }
  const thread = new Thread(parts, {
    heapMiB,
    sliceFuel,
    entry: ENTRY,
    execArgv: threadArguments(),
  })
  for (let attempt = 1; !(await terminator.attach(thread.id)); attempt += 1) if (attempt === ATTEMPTS) process.exit(1)
  dropPermissions()
  relay = new Relay({ thread, mailboxes, send })
  send({ type: 'ready' })
  for (const message of early) relay.receive(message)
  early = []
}

/** Messages of one turn of the event loop go out together. */
function send(message: FromChild): void {
  if (!isCorked) {
    isCorked = true
    channel.cork()
    setImmediate(() => {
      isCorked = false
      channel.uncork()
    })
  }
  channel.write(encodeFromChild(message))
}
