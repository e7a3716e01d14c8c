// Deploys an agent, asks it something, and shows what it cost. Run it: node examples/library/main.ts
import { join } from 'node:path'
import { Caxton } from '../../src/index.ts'

await using caxton = await Caxton.start()
await caxton.deploy({ name: 'echo', source: join(import.meta.dirname, '../echo/echo.c'), limits: { fuel: '1M' } })

const reply = await caxton.request(
  { performative: 'request', receiver: 'echo', content: { text: 'hello' } },
  { deadlineMs: 1_000 },
)
console.log(reply.performative, reply.content)

for (const { name, phase, messagesIn, messagesOut } of caxton.agents()) {
  console.log(`${name} is ${phase}: ${messagesIn} message in, ${messagesOut} out`)
}
