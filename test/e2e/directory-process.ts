/** A system with an agent that offers in answer to messages: it says when everything is kept, and waits to be killed. */
import { Caxton } from '../../src/index.ts'

const [dataDirectory = '', source = ''] = process.argv.slice(2)
const caxton = await Caxton.start({ threads: 1, dataDirectory })
const grants = { register: ['count', 'translate', 'sort'], directory: ['*'], send: ['user'] }
await caxton.deploy({ name: 'a', source, grants })
const wishes = [
  { deed: 'offer', name: 'translate', properties: { to: 'de' }, ontology: 'words' },
  { deed: 'offer', name: 'count', lease_ms: 3_600_000 },
  { deed: 'offer', name: 'sort', lease_ms: 20 },
  { deed: 'register', name: 'count' },
]
for (const content of wishes) await caxton.request({ performative: 'request', receiver: 'a', content })
await caxton.data.flush()
process.send?.((await caxton.directory.search({ capability: 'count' })).offers[0]?.untilMs)
setInterval(() => {}, 1_000)
