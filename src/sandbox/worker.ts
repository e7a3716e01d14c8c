import { MessageChannel, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { ErrorData } from '../core/index.ts'
import { createSliceHook } from '../core/index.ts'
import { guardDescriptors } from '../wasi/index.ts'
import type { CallResult } from './guest/call-result.ts'
import { failed } from './guest/call-result.ts'
import { Driver } from './guest/driver.ts'
import type { Guest } from './guest/guest.ts'
import type { GuestParts } from './guest/guest-parts.ts'
import { HeapGuard } from './guest/heap-guard.ts'
import { ThreadClock } from './guest/thread-clock.ts'
import { TRAP } from './guest/trap.ts'
import { WaitGate } from './guest/wait-gate.ts'
import { Heartbeat, processMs } from './heartbeat.ts'
import type { LocalPost } from './local-mail.ts'
import { LocalMail, toCall } from './local-mail.ts'
import type { Slot } from './mailbox-table.ts'
import { MailboxTable } from './mailbox-table.ts'
import { Outbox } from './outbox.ts'
import type { GuestCall, HandleCall, ToWorker, WorkerParts } from './protocol.ts'
import type { Current, Drive, QueuedCall } from './resident.ts'
import { Resident } from './resident.ts'
import { SpecParts } from './shared-spec.ts'
import { CALL_FUEL, CREATE_MS, HEAD_START_SLICES, TURNS_MS } from './slices.ts'
import { TurnQueue } from './turn-queue.ts'
import type { Batch } from './wire.ts'
import { readToWorker } from './wire.ts'

/*
 * Entry of a worker thread: many guests, one of which runs at a time.
 *
 * 1. Calls of one guest run in order, one at a time; guests that have something to do take turns, see `TurnQueue`. A turn is
 *    a call, or a slice of one: a guest that is suspended waits for its next turn like one whose call waits.
 *    A guest that waits in a host call is in the middle of its call and takes no turns until what it waits for has come.
 * 2. `current` is set exactly while a turn runs, or while a termination of it is on its way: then nothing else runs. Of a turn
 *    that goes on in microtasks only those of its own guest are queued: a termination drops all that are.
 * 3. A termination unwinds everything up to the event loop. What outlives it is changed only outside of turns, except the
 *    journal of reservations, which is undone, and `outbox` with the ledger, which change together.
 * 4. What goes to the main thread waits in `outbox`, in order. It is posted when the turns end and when a slice does, and between
 *    calls once the main thread has nothing else to do here. If the thread is lost before, all of it is: outcomes, and messages
 *    whose reservations the main thread finds in the ledger.
 */

const port = parentPort!
const parts = workerData as WorkerParts
const heartbeat = new Heartbeat(parts.heartbeat)
const clock = new ThreadClock()
const clockStartMs = processMs() - clock.look() // On the clock that all threads share.
const outbox = new Outbox(port, heartbeat)
const mailboxes = new MailboxTable(parts.mailboxes)
const slots = new Map<string, Slot>(parts.slots)
const mail = new LocalMail(mailboxes, heartbeat.arrived)
const specs = new SpecParts()
guardDescriptors({ enter: () => heartbeat.enterGuard(), leave: () => heartbeat.leaveGuard() })
const residents = new Map<number, Resident>()
const turns = new TurnQueue<Resident>(parts.sliceFuel * HEAD_START_SLICES)
const guestParts: GuestParts = {
  run: parts.run,
  sliceFuel: parts.sliceFuel,
  hooks: {
    suspending: createSliceHook(new WebAssembly.Suspending(suspendCurrent)),
    granting: createSliceHook(refillCurrent),
  },
  driver: new Driver({
    begin: beginDriven,
    place: (pointer) => current!.resident.guest!.placeDriven(pointer),
    end: (status) => endTurn(current!.resident.guest!.endDriven({ status })),
  }),
  clock,
  suspend: waitCurrent,
  heap: parts.heapBytes === null ? null : new HeapGuard(parts.heapBytes),
  gate: new WaitGate({ current: () => current!.resident.guest!.waits, suspend: waitCurrent }),
  mailboxes,
  journal: heartbeat.journal,
  findSlot: (name) => slots.get(name),
  causeOf,
  emit: (agent, event) => outbox.post({ type: 'event', agent, event }),
  emitSend: (sent) => outbox.postSend(sent, mail.markSent(sent), causeOf(sent.agent)),
  awaitReply: (agent, replyWith) => mail.awaitReply(agent, replyWith),
  sendLocally: (agent, message, bytes) =>
    mail.send(agent, current!.id, current!.resident.handled, message, bytes, outbox.report),
}
/** Wakes the thread for the next turns. A channel of its own: what a termination unwinds is then this handler alone. */
const { port1: wake, port2: woken } = new MessageChannel()
let current: Current | null = null
let isAwake = false
let isTakingTurns = false
/** The run of the driver that takes turns now. */
let drive: Drive | null = null
/** Taken, and not begun. */
let taken: Resident | null = null
let turnsEndMs = 0

port.on('message', (batch: Batch) => {
  isAwake = true // Turns of what comes are taken at once: to wake up for them costs as much as one.
  takeBatch(batch)
  outbox.flush()
  takeTurns()
})
woken.on('message', takeTurns)
woken.unref()

/** Number of the call that a guest is in. One that has begun to wait has no turn any more. */
function causeOf(agent: number): number {
  return current?.id ?? residents.get(agent)!.running!.id
}

function takeBatch(batch: Batch): void {
  heartbeat.batches.noteTaken()
  readToWorker(batch, receive)
}

function receive(message: ToWorker): void {
  switch (message.type) {
    case 'call':
      receiveCall(message)
      break
    case 'close':
      closeResident(message.agent)
      break
    case 'mailbox':
      if (message.slot === null) slots.delete(message.name)
      else slots.set(message.name, message.slot)
      break
    case 'local':
      setOpen(message.agent, message.isOpen)
      break
    case 'settled':
      mail.settle(message.mark, takePost)
      awake()
      break
    case 'answer':
      residents.get(message.agent)?.guest?.takeAnswer(message.id, message.answer)
      break
    case 'killed':
      settleKilled(message.reason)
      break
    default:
      specs.take(message)
  }
}

function receiveCall({ agent, id, call: sent }: ToWorker & { readonly type: 'call' }): void {
  let resident = residents.get(agent)
  const call = specs.readCall(sent)
  if (resident === undefined) {
    if (call.kind !== 'create') return
    resident = new Resident(call.spec, slots.get(call.spec.name) ?? null)
    residents.set(agent, resident)
    mail.admit(resident.party)
  }
  enqueue(resident, { id, call, post: null })
  awake()
}

/** Takes what another agent of this thread has sent. */
function takePost(post: LocalPost): void {
  const { to, id } = post
  const resident = residents.get(to.agent)
  if (resident === undefined) mail.end(post)
  else enqueue(resident, { id, call: toCall(post), post })
}

function enqueue(resident: Resident, queued: QueuedCall): void {
  resident.calls.push(queued)
  if (resident !== current?.resident && resident.guest?.waits.isWaiting !== true) turns.add(resident.turn)
}

function setOpen(agent: number, isOpen: boolean): void {
  const mark = isOpen ? mail.open(agent) : 0
  if (mark > 0) outbox.post({ type: 'mark', mark })
  if (!isOpen) mail.shut(agent)
  if (!isOpen) outbox.post({ type: 'shut', agent })
}

function awake(): void {
  if (isAwake || current !== null || turns.size === 0) return
  isAwake = true
  wake.postMessage(null)
}

/** Takes turns for a while and comes back for more, so that messages from the main thread are seen in between. */
function takeTurns(): void {
  isAwake = current === null
  if (!isAwake) return
  // Node hands out up to 1,000 messages of one channel before it looks at another: turns must not outrun what is asked.
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    takeBatch(next.message as Batch)
  }
  isAwake = false
  turnsEndMs = clock.look() + TURNS_MS
  continueTurns()
}

/** Ends with `current` set when a turn goes on in microtasks: its end calls this again. */
function continueTurns(): void {
  if (isTakingTurns) return
  isTakingTurns = true
  while (current === null) {
    const resident = taken ?? turns.take()?.owner
    taken = null
    if (resident === undefined) break
    runTurn(resident)
    if (taken === null && clock.look() >= turnsEndMs) break
  }
  isTakingTurns = false
  if (current !== null) return
  outbox.flush()
  awake()
}

/** The one place where a guest is called. */
function runTurn(resident: Resident): void {
  const { guest } = resident
  if (resident.isDriven) {
    taken = resident
    runDriver()
    return
  }
  if (guest?.isSuspended) {
    current = { resident, id: resident.running!.id, fuelBefore: guest.meter.fuelUsed, result: null }
    heartbeat.begin(resident.agent, clockStartMs + clock.look() + resident.wallMs - guest.ranMs())
    if (guest.resume()) return
    endWaitingTurn()
    guest.waitOn(() => readyTurn(resident))
    return
  }
  const call = beginCall(resident)
  if (call.kind === 'create') endTurn(resident.create(guestParts, call))
  else if (guest!.pace !== 'sliced' && !guest!.waitsBetween) endTurn(guest!.run(call))
  else {
    guest!.runSliced(call, (result) => {
      endTurn(result)
      continueTurns()
    })
  }
}

/** Begins the next call of a guest, right after a look at the clock: at the begin of the turns or the end of the one before. */
function beginCall(resident: Resident): GuestCall {
  resident.running = resident.calls.shift()!
  const { id, call } = resident.running
  current = { resident, id, fuelBefore: 0, result: null }
  const wallMs = call.kind === 'create' ? Math.max(resident.wallMs, CREATE_MS) : resident.wallMs
  heartbeat.begin(resident.agent, clockStartMs + clock.nowMs + wallMs)
  return call
}

/** Takes the turn that was taken, and further ones that can be driven. */
function runDriver(): void {
  const mine: Drive = { suspended: null, guest: null }
  drive = mine
  const driven = guestParts.driver.drive()
  if (drive === mine) drive = null
  driven.then(
    () => {
      if (mine.suspended !== null) continueTurns()
    },
    (thrown: unknown) => {
      if (current?.resident.guest !== mine.guest) return // Its end is known: its call was terminated, or it was closed.
      endTurn(mine.guest!.endDriven({ thrown }))
      continueTurns()
    },
  )
}

/** From the driver: begins the turn that comes next, if that can be driven and there is time. */
function beginDriven(): number {
  if (drive === null) return -1
  if (taken === null) {
    if (clock.nowMs >= turnsEndMs) return -1
    taken = turns.take()?.owner ?? null
    if (taken === null || !taken.isDriven) return -1
  }
  const resident = taken
  taken = null
  drive.guest = resident.guest
  return resident.guest!.beginDriven(beginCall(resident) as HandleCall)
}

/** The current guest is suspended, and with it the driver that has called it. */
function leaveDriver(guest: Guest): void {
  if (drive === null) return
  drive.suspended = guest
  drive = null
}

/** The call of this turn has ended: notes its result, from then on it counts whatever lands. */
function endTurn(result: CallResult): void {
  current!.result = result
  heartbeat.end()
  finishCall(current!, result)
}

/** The slice hook of guests that may be suspended: ends the turn in the middle of the call. */
function suspendCurrent(owed: bigint): Promise<bigint> {
  const { resident, fuelBefore } = current!
  const guest = resident.guest!
  guest.assertMayGoOn(owed)
  heartbeat.end()
  current = null
  leaveDriver(guest)
  turns.charge(resident.turn, (guest.meter.fuelUsed - fuelBefore) * guest.meter.burden)
  turns.add(resident.turn)
  mail.takeSent(takePost)
  outbox.flush()
  awake()
  return guest.suspend(owed)
}

/** A host call of the current guest has to wait: ends the turn in the middle of the call, or the call if the guest wants its next one. */
function waitCurrent(): Promise<number> | number {
  const { resident } = current!
  const guest = resident.guest!
  if (guest.waits.asksRest) {
    endTurn(guest.rest())
    if (resident.guest === null) throw TRAP
    // Nobody else has a turn: the next message needs no suspension.
    if (turns.size === 1 && resident.calls[0]?.call.kind === 'handle' && clock.nowMs < turnsEndMs) {
      turns.take()
      return guest.goOn(beginCall(resident))
    }
  } else endWaitingTurn()
  const answer = guest.isResting ? guest.sleep() : guest.wait(() => readyTurn(resident))
  outbox.flush()
  awake()
  return answer
}

/** Nothing of the guest is in the queue until it is ready. */
function endWaitingTurn(): void {
  const { resident, fuelBefore } = current!
  heartbeat.end()
  current = null
  leaveDriver(resident.guest!)
  turns.charge(resident.turn, resident.guest!.meter.fuelUsed - fuelBefore + CALL_FUEL)
  mail.takeSent(takePost)
}

function readyTurn(resident: Resident): void {
  turns.add(resident.turn)
  awake()
}

/** The slice hook of guests that keep the thread: what they have sent goes out, and they go on. */
function refillCurrent(owed: bigint): bigint {
  outbox.flush()
  return current!.resident.guest!.refill(owed)
}

function finishCall({ resident, id, fuelBefore }: Current, result: CallResult): void {
  const running = resident.running
  current = null
  resident.running = null
  turns.charge(resident.turn, result.usage.fuel - fuelBefore + CALL_FUEL)
  // Null when the agent was closed while its call was being terminated.
  if (running !== null && running.post !== null) mail.end(running.post)
  mail.takeSent(takePost)
  if (result.ending !== null) {
    mailboxes.undo(heartbeat.journal)
    forget(resident)
  } else if (resident.calls.length > 0) {
    turns.add(resident.turn)
  }
  outbox.postOutcome(resident.agent, id, result)
  outbox.flushEarly(clock.nowMs)
}

/** A call was terminated, or had just ended when the termination landed: then its own end counts. */
function settleKilled(reason: ErrorData): void {
  isTakingTurns = false
  drive = null
  outbox.post({ type: 'unwound' })
  if (current === null) return
  mail.repair()
  outbox.post({ type: 'mark', mark: mail.createMark() }) // One that was kept from being told must not be waited for.
  const { guest } = current.resident
  const killed = failed({ reason, frames: [] }, guest?.readUsage())
  finishCall(current, (guest?.isResting === true ? null : current.result) ?? killed) // About to rest, it has lost its stack.
  awake()
}

function closeResident(agent: number): void {
  const resident = residents.get(agent)
  if (resident !== undefined) forget(resident)
  outbox.post({ type: 'closed', agent })
}

function forget(resident: Resident): void {
  residents.delete(resident.agent)
  for (const queued of [resident.running, ...resident.calls]) {
    if (queued !== null && queued.post !== null) mail.end(queued.post)
  }
  mail.dismiss(resident.party)
  resident.running = null
  resident.calls.length = 0
  turns.remove(resident.turn)
  resident.guest?.close()
  resident.guest = null
}
