import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import type { Capacities } from './mailbox-table.ts'
import { JOURNAL_WORDS, MailboxTable } from './mailbox-table.ts'
import { Mailboxes } from './mailboxes.ts'

const ROOMY: Capacities = { mailboxMessages: 1_000_000, mailboxBytes: 2 ** 30, outstandingMessages: 1_000_000 }

function createMailboxes(slotCount = 4): Mailboxes {
  return new Mailboxes({ announce: () => {} }, slotCount)
}

/** Takes room and a place at once, as a thread does for its guest. */
function reserve(mailboxes: Mailboxes, receiver: string, sender: string, bytes: number): boolean {
  const slots = new Map(mailboxes.entries())
  return mailboxes.table.reserve(slots.get(receiver)!, slots.get(sender)!, bytes, new Int32Array(JOURNAL_WORDS))
}

suite('mailboxes', () => {
  test('count what a plain model counts, and never more than the capacities', () => {
    const names = fc.constantFrom('a', 'b', 'c')
    const bytes = fc.integer({ min: 0, max: 40 })
    const step = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), receiver: names, sender: names, bytes }),
      fc.record({ kind: fc.constant('end' as const), pick: fc.nat() }),
    )
    const capacities = { mailboxMessages: 4, mailboxBytes: 100, outstandingMessages: 3 }
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const mailboxes = createMailboxes()
        for (const name of ['a', 'b', 'c']) mailboxes.open(name, capacities)
        const held: { receiver: string; sender: string; bytes: number }[] = []
        for (const step of steps) {
          if (step.kind === 'send') {
            const waiting = held.filter(({ receiver }) => receiver === step.receiver)
            const used = waiting.reduce((sum, message) => sum + message.bytes, 0)
            const outstanding = held.filter(({ sender }) => sender === step.sender).length
            const fits = waiting.length < 4 && used + step.bytes <= 100 && outstanding < 3
            assert.equal(reserve(mailboxes, step.receiver, step.sender, step.bytes), fits)
            if (fits) held.push(step)
          } else if (held.length > 0) {
            const [message] = held.splice(step.pick % held.length, 1)
            mailboxes.release(message!.receiver, message!.sender, message!.bytes)
          }
        }
        for (const name of ['a', 'b', 'c']) {
          const waiting = held.filter(({ receiver }) => receiver === name)
          assert.deepEqual(mailboxes.read(name), {
            messages: waiting.length,
            bytes: waiting.reduce((sum, message) => sum + message.bytes, 0),
            outstanding: held.filter(({ sender }) => sender === name).length,
          })
        }
      }),
    )
  })

  test('hold the largest capacities there are', () => {
    const mailboxes = createMailboxes()
    mailboxes.open('a', ROOMY)
    assert.equal(reserve(mailboxes, 'a', 'a', 2 ** 30), true)
    assert.equal(reserve(mailboxes, 'a', 'a', 1), false)
    assert.deepEqual(mailboxes.read('a'), { messages: 1, bytes: 2 ** 30, outstanding: 1 })
    mailboxes.release('a', 'a', 2 ** 30)
    assert.deepEqual(mailboxes.read('a'), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('refuse a name that is open, and more names than there are slots', () => {
    const mailboxes = createMailboxes(1)
    mailboxes.open('a', ROOMY)
    assert.throws(() => mailboxes.open('a', ROOMY), { code: 'ERR_AGENT_NAME_TAKEN' })
    assert.throws(() => mailboxes.open('b', ROOMY), { code: 'ERR_LIMIT_AGENTS' })
    mailboxes.close('a')
    mailboxes.close('a')
    assert.deepEqual(mailboxes.read('a'), null)
    mailboxes.open('b', ROOMY)
  })

  test('giving back what a name does not hold changes nothing', () => {
    const mailboxes = createMailboxes()
    mailboxes.open('a', ROOMY)
    mailboxes.release('a', 'unknown', 10)
    mailboxes.release('unknown', 'a', 10)
    mailboxes.releaseSender('a')
    assert.deepEqual(mailboxes.read('a'), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('a room that is not there for a known place leaves the place alone', () => {
    const mailboxes = createMailboxes()
    mailboxes.open('a', { ...ROOMY, mailboxMessages: 1 })
    assert.deepEqual([mailboxes.reserveRoom('a', 1), mailboxes.reserveRoom('a', 1)], [true, false])
    assert.equal(mailboxes.reserveRoom('unknown', 1), false)
  })
})

suite('slots', () => {
  test('what belongs to an earlier owner of a slot does not touch the next one', () => {
    const table = MailboxTable.create(2)
    const journal = new Int32Array(JOURNAL_WORDS)
    const sender = table.open(1, ROOMY)
    const old = table.open(0, ROOMY)
    assert.equal(table.reserve(old, sender, 5, journal), true)
    table.close(old)
    const next = table.open(0, ROOMY)
    assert.equal(table.reserve(next, null, 7, new Int32Array(JOURNAL_WORDS)), true)
    table.release(old, null, 5)
    assert.equal(table.reserve(old, null, 5, new Int32Array(JOURNAL_WORDS)), false)
    table.undo(journal)
    assert.deepEqual(table.read(next), { messages: 1, bytes: 7, outstanding: 0 })
    assert.deepEqual(table.read(sender), { messages: 0, bytes: 0, outstanding: 0 })
  })

  test('generations begin again after the last one', () => {
    const table = MailboxTable.create(1)
    for (let round = 0; round < 2 ** 12 + 3; round += 1) table.close(table.open(0, ROOMY))
    const slot = table.open(0, ROOMY)
    assert.equal(slot.generation, 3)
    assert.equal(table.reserve(slot, slot, 1, new Int32Array(JOURNAL_WORDS)), true)
    assert.deepEqual(table.read(slot), { messages: 1, bytes: 1, outstanding: 1 })
  })

  test('a reservation is undone from any stage of its journal', () => {
    for (const stage of [1, 2]) {
      const table = MailboxTable.create(2)
      const [receiver, sender] = [table.open(0, ROOMY), table.open(1, ROOMY)]
      const journal = new Int32Array(JOURNAL_WORDS)
      if (stage === 2) table.reserve(receiver, sender, 5, journal)
      else {
        table.reserve(null, sender, 0, new Int32Array(JOURNAL_WORDS))
        journal.set([1, receiver.index, receiver.generation, sender.index, sender.generation, 5])
      }
      table.undo(journal)
      table.undo(journal)
      assert.deepEqual(table.read(receiver), { messages: 0, bytes: 0, outstanding: 0 })
      assert.deepEqual(table.read(sender), { messages: 0, bytes: 0, outstanding: 0 })
    }
  })

  test('threads that send at once never exceed a capacity and lose nothing', async () => {
    const table = MailboxTable.create(4)
    const receiver = table.open(0, { ...ROOMY, mailboxMessages: 50, mailboxBytes: 400 })
    const senders = [1, 2, 3].map((index) => table.open(index, { ...ROOMY, outstandingMessages: 30 }))
    const most = new Int32Array(new SharedArrayBuffer(8))
    const script = `
      import { parentPort, workerData } from 'node:worker_threads'
      const { MailboxTable, JOURNAL_WORDS } = await import(workerData.url)
      const { receiver, sender, most } = workerData
      const table = new MailboxTable(workerData.buffer)
      const journal = new Int32Array(JOURNAL_WORDS)
      let held = 0
      for (let round = 0; round < 20000; round += 1) {
        if (table.reserve(receiver, sender, 9, journal)) held += 1
        journal[0] = 0
        const { messages, bytes: used, outstanding } = table.read(receiver)
        if (messages > 50 || used > 400 || table.read(sender).outstanding > 30) Atomics.store(most, 0, 1)
        if (held > 0 && round % 3 > 0) { table.release(receiver, sender, 9); held -= 1 }
      }
      parentPort.postMessage(held)`
    const url = new URL('./mailbox-table.ts', import.meta.url).href
    const held = await Promise.all(
      senders.map((sender) => {
        const workerData = { url, buffer: table.buffer, receiver, sender, most }
        const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData })
        return new Promise<number>((resolve, reject) => worker.on('message', resolve).on('error', reject))
      }),
    )
    assert.equal(most[0], 0)
    const total = held.reduce((sum, count) => sum + count, 0)
    assert.deepEqual(table.read(receiver), { messages: total, bytes: total * 9, outstanding: 0 })
    assert.deepEqual(
      senders.map((sender) => table.read(sender).outstanding),
      held,
    )
  })

  test('threads that reserve while the thread of the owner counts its own never exceed a capacity together', async () => {
    const table = MailboxTable.create(1)
    const receiver = table.open(0, { ...ROOMY, mailboxMessages: 20, mailboxBytes: 200 })
    const [accepted, most] = [new Int32Array(new SharedArrayBuffer(4)), new Int32Array(new SharedArrayBuffer(4))]
    const script = `
      import { parentPort, workerData } from 'node:worker_threads'
      const { MailboxTable, JOURNAL_WORDS } = await import(workerData.url)
      const { receiver, accepted, most, isOwner } = workerData
      const table = new MailboxTable(workerData.buffer)
      const journal = new Int32Array(JOURNAL_WORDS)
      let held = 0
      const note = () => table.noteLocalMail(receiver, held, held * 9)
      const take = () => {
        if (!isOwner) {
          const isTaken = table.reserve(receiver, null, 9, journal)
          journal[0] = 0
          return isTaken
        }
        table.noteLocalMail(receiver, held + 1, held * 9 + 9)
        if (table.hasRoom(receiver)) return true
        note()
        return false
      }
      for (let round = 0; round < 30000; round += 1) {
        if (take()) {
          held += 1
          if (Atomics.add(accepted, 0, 1) >= 20) Atomics.store(most, 0, 1)
        }
        if (held > 0 && round % 5 > 1) {
          Atomics.sub(accepted, 0, 1)
          held -= 1
          if (isOwner) note()
          else table.release(receiver, null, 9)
        }
      }
      parentPort.postMessage(held)`
    const url = new URL('./mailbox-table.ts', import.meta.url).href
    const held = await Promise.all(
      [true, false, false].map((isOwner) => {
        const workerData = { url, buffer: table.buffer, receiver, accepted, most, isOwner }
        const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData })
        return new Promise<number>((resolve, reject) => worker.on('message', resolve).on('error', reject))
      }),
    )
    assert.equal(most[0], 0)
    const total = held.reduce((sum, count) => sum + count, 0)
    assert.deepEqual(table.read(receiver), { messages: total, bytes: total * 9, outstanding: 0 })
  })
})
