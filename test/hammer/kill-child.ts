import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Caxton } from '../../src/index.ts'
import { toToken } from './tokens.ts'

/*
 * A system that is killed: `node kill-child.ts <data directory> <first token> <last token> <relays>`.
 *
 * Sends the tokens to a chain of relays and says on standard output, a line each, what an outside ledger needs: `accepted <token>`
 * once it is promised, `out <token>` when it comes to the user, `done` when nothing is under way any more.
 */
const [directory = '', first = '', last = '', relays = ''] = process.argv.slice(2)
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes a line before it returns, so that what was said is said however soon the end comes. */
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`)
      return
    } catch (error) {
      // The pipe is full: whoever reads it is slower.
      if (Object(error).code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

await using caxton = await Caxton.start({ dataDirectory: join(directory, 'data'), threads: 1 })
caxton.subscribe((event) => {
  if (event.type === 'delivered' && event.agent === 'user') say(`out ${event.message.content}`)
  if (event.type === 'undelivered') say(`undelivered ${event.message.message_id} ${event.error.code}`)
  if (event.type === 'refused' || (event.type === 'handled' && event.status !== 0)) say(`odd ${JSON.stringify(event)}`)
})
for (let index = 0; index < Number(relays); index += 1) {
  await caxton.deploy({
    name: `relay-${index}`,
    bytes: readFileSync(join(directory, `relay-${index}.wasm`)),
    grants: { send: ['*'], store: { bytes: '16MiB', keys: 100_000 }, timers: 16 },
    limits: { fuel: '1M' },
  })
}
say('ready')
for (let token = Number(first); token <= Number(last); token += 20) {
  const some = Array.from({ length: Math.min(20, Number(last) - token + 1) }, (_, index) => token + index)
  await Promise.all(
    some.map(async (one) => {
      const content = toToken(one)
      await caxton.accept({ performative: 'inform', receiver: 'relay-0', content }, `token-${content}`)
      say(`accepted ${content}`)
    }),
  )
}
await caxton.idle()
await caxton.data.flush()
say('done')
