import '../../src/sandbox/process/guest-permissions.ts'
import { parentPort } from 'node:worker_threads'

/** A thread of guests that says what it may, before its first message and while it takes that. */
const { permission } = process as unknown as { readonly permission: { has(scope: string): boolean } }
const tell = () => parentPort!.postMessage(['fs.read', 'inspector', 'worker'].filter((scope) => permission.has(scope)))
parentPort!.on('message', tell)
tell()
