import { parentPort, workerData } from 'node:worker_threads'
import { SYSTEM_ALARM } from '../core/index.ts'
import { openDatabase } from './database.ts'
import { lockDirectory } from './directory.ts'
import { Writer } from './writer.ts'
import type { FromWriter, ToWriter, WriterData } from './writer-protocol.ts'

/* Entry of the writer thread. */

const port = parentPort!
const writer = new Writer(
  {
    alarm: SYSTEM_ALARM,
    lockDirectory,
    openDatabase,
    tell: (message: FromWriter) => port.postMessage(message),
    onEnd: () => port.close(),
  },
  workerData as WriterData,
)
port.on('message', (message: ToWriter) => writer.receive(message))
writer.open()
