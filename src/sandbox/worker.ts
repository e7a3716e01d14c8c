import { MessageChannel, parentPort, workerData } from 'node:worker_threads'
import type { ErrorData } from '../core/index.ts'
import type { CallResult, GuestParts } from './guest/guest.ts'
import { Guest } from './guest/guest.ts'
import { explainThrown } from './guest/meter.ts'
import { Heartbeat, processMs } from './heartbeat.ts'
import type { Slot } from './mailbox-table.ts'
import { MailboxTable } from './mailbox-table.ts'
import type { FromWorker, GuestCall, ToWorker, WorkerParts } from './protocol.ts'
import { NO_USAGE } from './usage.ts'
import type { Batch } from './wire.ts'
import { readToWorker, writeFromWorker, writeSend } from './wire.ts'

/*
 * Entry of a worker thread: many guests, one call at a time.
 *
 * 1. Calls of one guest run in order; guests that have calls waiting take turns, one call each.
 * 2. `current` is set exactly while a call runs, or while a termination of it is on its way: then nothing else runs.
 * 3. A termination unwinds everything up to the event loop. What outlives it is changed only outside of calls, except the
 *    journal of reservations, which is undone.
 * 4. What goes to the main thread waits in `outbox`, in order. It is posted when the turns end, and at once when a guest
 *    has sent a message: from then on the message outlives the thread.
 */

interface Resident {
  readonly agent: number
  readonly calls: GuestCall[]
  guest: Guest | null
  wallMs: number
}

interface Current {
  readonly resident: Resident
  result: CallResult | null
}

/** Calls are run without a look at the main thread for this long, milliseconds. */
const TURNS_MS = 1

const port = parentPort!
const parts = workerData as WorkerParts
const heartbeat = new Heartbeat(parts.heartbeat)
const mailboxes = new MailboxTable(parts.mailboxes)
const slots = new Map<string, Slot>(parts.slots)
const residents = new Map<number, Resident>()
/** Residents with calls waiting, in the order of their turns. */
const turns: Resident[] = []
const guestParts: GuestParts = {
  run: parts.run,
  mailboxes,
  journal: heartbeat.journal,
  findSlot: (name) => slots.get(name),
  emit: (agent, event) => post({ type: 'event', agent, event }),
  emitSend: (agent, message, reserved) => {
    writeSend(outbox, agent, message, reserved, heartbeat.journal)
    flush()
  },
}
/** Wakes the thread for the next turn. A channel of its own: what a termination unwinds is then this handler alone. */
const { port1: wake, port2: woken } = new MessageChannel()
let current: Current | null = null
let isAwake = false
let outbox: Batch = []

port.on('message', (batch: Batch) => {
  readToWorker(batch, receive)
  flush()
})
woken.on('message', takeTurns)
woken.unref()

function receive(message: ToWorker): void {
  switch (message.type) {
    case 'call':
      enqueue(message.agent, message.call)
      break
    case 'close':
      closeResident(message.agent)
      break
    case 'mailbox':
      if (message.slot === null) slots.delete(message.name)
      else slots.set(message.name, message.slot)
      break
    case 'killed':
      settleKilled(message.reason)
      break
  }
}

function enqueue(agent: number, call: GuestCall): void {
  let resident = residents.get(agent)
  if (resident === undefined) {
    if (call.kind !== 'create') return
    resident = { agent, calls: [], guest: null, wallMs: call.spec.limits.wallMs }
    residents.set(agent, resident)
  }
  resident.calls.push(call)
  if (resident.calls.length === 1 && resident !== current?.resident) turns.push(resident)
  awake()
}

function awake(): void {
  if (isAwake || current !== null || turns.length === 0) return
  isAwake = true
  wake.postMessage(null)
}

/** Runs calls for a while and comes back for more, so that messages from the main thread are seen in between. */
function takeTurns(): void {
  isAwake = false
  if (current !== null) return
  const endMs = performance.now() + TURNS_MS
  do {
    const resident = turns.shift()
    const call = resident?.calls.shift()
    if (resident === undefined || call === undefined) break
    runCall(resident, call)
  } while (performance.now() < endMs)
  flush()
  awake()
}

/** The one place where a guest is called. */
function runCall(resident: Resident, call: GuestCall): void {
  current = { resident, result: null }
  heartbeat.begin(resident.agent, processMs() + resident.wallMs)
  current.result = call.kind === 'create' ? create(resident, call) : resident.guest!.run(call)
  heartbeat.end()
  finishCall(current.resident, current.result)
}

function create(resident: Resident, call: GuestCall & { readonly kind: 'create' }): CallResult {
  try {
    resident.guest = new Guest(guestParts, call.spec)
  } catch (thrown) {
    return { status: -1, ending: { reason: explainThrown(thrown), frames: [] }, usage: NO_USAGE }
  }
  return resident.guest.run(call)
}

function finishCall(resident: Resident, result: CallResult): void {
  current = null
  if (result.ending !== null) {
    mailboxes.undo(heartbeat.journal)
    forget(resident)
  } else if (resident.calls.length > 0) {
    turns.push(resident)
  }
  post({ type: 'outcome', agent: resident.agent, ...result })
}

/** A call was terminated, or had just ended when the termination landed: then its own end counts. */
function settleKilled(reason: ErrorData): void {
  if (current === null) return
  const { resident, result } = current
  const usage = resident.guest?.readUsage() ?? NO_USAGE
  finishCall(resident, result ?? { status: -1, ending: { reason, frames: [] }, usage })
  awake()
}

function closeResident(agent: number): void {
  const resident = residents.get(agent)
  if (resident !== undefined) forget(resident)
  post({ type: 'closed', agent })
}

function forget(resident: Resident): void {
  residents.delete(resident.agent)
  resident.calls.length = 0
  resident.guest = null
  const turn = turns.indexOf(resident)
  if (turn >= 0) turns.splice(turn, 1)
}

function post(message: FromWorker): void {
  writeFromWorker(outbox, message)
}

/** Sends what waits. A termination that lands in between can neither lose nor repeat it: see `MailboxTable`, 3. */
function flush(): void {
  if (outbox.length === 0) return
  const batch = outbox
  outbox = []
  port.postMessage(batch)
}
