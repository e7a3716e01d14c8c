import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Caxton } from '../../src/index.ts'

/*
 * A system that one of its messages kills: `node poison-child.ts <directory> <first>`, with `victim.wasm` in the directory.
 *
 * `first` is `yes` in the first life, which sends the messages. Says `out <content>` for what comes to the user, `dead <code>` for dead
 * letters, and `done` when it comes to rest.
 */
const [directory = '', first = ''] = process.argv.slice(2)

await using caxton = await Caxton.start({ dataDirectory: join(directory, 'data'), threads: 1 })
caxton.subscribe((event) => {
  if (event.type !== 'delivered') return
  if (event.agent === 'user') writeSync(1, `out ${event.message.content}\n`)
  // What it has sent is written by then, and what it has begun is not over.
  else if (event.message.content === '"poison"') setTimeout(() => process.kill(process.pid, 'SIGKILL'), 30)
})
for (const name of ['victim', 'bystander']) {
  const limits = { fuel: 1e15, wall: '1m' }
  await caxton.deploy({ name, bytes: readFileSync(join(directory, 'victim.wasm')), grants: { send: ['*'] }, limits })
}
if (first === 'yes') {
  const send = (receiver: string, content: string) => caxton.accept({ performative: 'inform', receiver, content })
  await Promise.all([send('victim', 'a'), send('victim', 'poison'), send('victim', 'b'), send('bystander', 'c')])
}
await caxton.idle()
for (const { reason, message } of await caxton.data.deadLetters()) writeSync(1, `dead ${reason} ${message.content}\n`)
writeSync(1, 'done\n')
