import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { Heartbeat } from './heartbeat.ts'

const HEARTBEAT = new URL('heartbeat.ts', import.meta.url).href

/** A worker that begins a call, tells so, and does `steps` when it is told to. */
function startWorker(heartbeat: Heartbeat, steps: string): Worker {
  const source = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(${JSON.stringify(HEARTBEAT)}).then(({ Heartbeat }) => {
      const heartbeat = new Heartbeat(workerData)
      heartbeat.begin(7, 0)
      parentPort.once('message', () => { ${steps} })
      parentPort.postMessage('begun')
    })`
  return new Worker(source, { eval: true, workerData: heartbeat.buffer })
}

test('a guard is seen while it is held, and by nobody after', () => {
  const heartbeat = new Heartbeat()
  const main = new Heartbeat(heartbeat.buffer)
  assert.equal(main.isGuarded, false)
  heartbeat.enterGuard()
  assert.equal(main.isGuarded, true)
  heartbeat.leaveGuard()
  assert.equal(main.isGuarded, false)
})

test('a call that is condemned gets behind no guard, and one that is behind it is seen before it is stopped', async () => {
  const heartbeat = new Heartbeat()
  const late = startWorker(
    heartbeat,
    `parentPort.postMessage('asked'); heartbeat.enterGuard(); parentPort.postMessage('in')`,
  )
  const heard: unknown[] = []
  late.on('message', (word) => heard.push(word))
  await once(late, 'message')
  assert.equal(heartbeat.condemn(heartbeat.running()!.call), true)
  late.postMessage('go')
  while (!heard.includes('asked')) await once(late, 'message')
  await late.terminate()
  assert.deepEqual([heard, heartbeat.isGuarded], [['begun', 'asked'], false])

  const early = startWorker(heartbeat, `heartbeat.enterGuard(); parentPort.postMessage('in')`)
  await once(early, 'message')
  early.postMessage('go')
  await once(early, 'message')
  assert.equal(heartbeat.condemn(heartbeat.running()!.call), true)
  assert.equal(heartbeat.isGuarded, true)
  await early.terminate()
})

test('a call whose kill landed without unwinding it has ended by itself', async () => {
  const heartbeat = new Heartbeat()
  const worker = startWorker(heartbeat, "heartbeat.end(); parentPort.postMessage('ended')")
  await once(worker, 'message')
  assert.equal(heartbeat.condemn(heartbeat.running()!.call), true)
  const ended = once(worker, 'message')
  worker.postMessage('go on')
  await new Promise((resolve) => setTimeout(resolve, 20))
  heartbeat.clear()
  assert.deepEqual(await ended, ['ended'])
  assert.equal(heartbeat.running(), null)
  await worker.terminate()
})
