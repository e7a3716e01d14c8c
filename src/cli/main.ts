#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { declareAudit } from './commands/audit.ts'
import { declareConversation } from './commands/conversation.ts'
import { declareData } from './commands/data.ts'
import { declareDirectory } from './commands/directory.ts'
import { declareExec } from './commands/exec.ts'
import { declareHuman } from './commands/human.ts'
import { declareInspect } from './commands/inspect.ts'
import { declareMessage } from './commands/message.ts'
import { declareRun } from './commands/run.ts'
import { declareTopic } from './commands/topic.ts'
import { createOutput } from './output.ts'
import { runProgram } from './program.ts'
import { respawn } from './respawn.ts'

const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }

// The exit code is set, not forced: what is written to a pipe is written to its end.
process.exitCode = await runProgram(
  process.argv.slice(2),
  manifest.version,
  [
    declareRun,
    declareExec(async (request) => (await import('../exec.ts')).execModule(request), respawn),
    declareInspect,
    declareConversation,
    declareHuman,
    declareMessage,
    declareDirectory,
    declareTopic,
    declareAudit,
    declareData,
  ],
  createOutput(process.stdout, process.stderr),
)
