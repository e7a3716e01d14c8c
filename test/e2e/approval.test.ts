import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { createDirectory } from '../fakes/data-directory.ts'
import { ROOT, runProgram, runSystem } from './run-system.ts'

const EXAMPLE = join(ROOT, 'examples/approval')

interface Waiting {
  readonly id: string
  readonly person: string
  readonly acts: readonly string[]
  readonly left: readonly string[]
  readonly message: { readonly sender: string; readonly conversation_id: string; readonly content: unknown }
}

async function listWaiting(data: string): Promise<Waiting[]> {
  const { stdout } = await runProgram('human', 'list', '--data', data, '--json')
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Waiting)
}

const answer = (data: string, id: string, ...args: string[]) =>
  runProgram('human', 'answer', id, ...args, '--data', data)

/** Copies the example with the large payment asked of the other clerk. */
function exampleOf(context: Pick<TestContext, 'after'>, clerk: string): string {
  const folder = createDirectory(context)
  cpSync(EXAMPLE, folder, { recursive: true })
  const file = join(folder, 'caxton.toml')
  const text = readFileSync(file, 'utf8')
  const [first = '', second = ''] = ['clerk-c', 'clerk'].map((name) => `to = "${name}"`)
  const swapped = text.replace(first, 'to = "?"').replace(second, first).replace('to = "?"', second)
  writeFileSync(file, clerk === 'clerk' ? text : swapped.replace('from = "clerk"', 'from = "clerk-c"'))
  return folder
}

test('a clerk asks a person, the run ends, and goes on with the answer', async (context) => {
  const folder = exampleOf(context, 'clerk')
  const data = join(folder, 'data')
  const first = await runSystem(folder, '--data', data)
  assert.deepEqual([first.exitCode, first.summary?.reached], [75, false], first.stderr)
  assert.match(first.stderr, /next: caxton human answer m-\S+ --act accept-proposal\|reject-proposal/)
  const again = await runSystem(folder, '--data', data)
  assert.equal(again.exitCode, 75)
  const inMemory = await runSystem(folder)
  assert.equal(inMemory.exitCode, 65)
  assert.match(inMemory.summary!.reason, /a message waits for human:alice, which only a run with a data directory does/)

  const [waiting, ...others] = await listWaiting(data)
  assert.deepEqual(
    [waiting?.person, waiting?.message.sender, waiting?.message.content, others],
    ['alice', 'clerk', { amount: 400, to: 'Carol' }, []],
  )
  const wrong = await answer(data, waiting!.id, '--act', 'agree')
  assert.equal(wrong.exitCode, 64)
  assert.match(wrong.stderr, /ERR_PROTOCOL_TURN.*expected accept-proposal, reject-proposal/)
  const kept = await answer(data, waiting!.id, '--act', 'accept-proposal', '--content', '"fine"')
  assert.match(kept.stdout, /kept for the next run/)
  const second = await answer(data, waiting!.id, '--act', 'reject-proposal')
  assert.match(second.stderr, /ERR_MESSAGE_ENDED/)
  assert.deepEqual((await listWaiting(data))[0]?.left, ['accept-proposal'])

  const last = await runSystem(folder, '--data', data)
  assert.deepEqual([last.exitCode, last.summary?.reached], [0, true], last.stderr)
  assert.equal((last.summary?.result?.content as { paid?: boolean } | undefined)?.paid, true)
  assert.deepEqual(await listWaiting(data), [])
  const { stderr } = await runProgram('human', 'show', waiting!.id, '--data', data)
  assert.match(stderr, /was answered with accept-proposal by \S+ at/)
  const history = await runProgram('human', 'history', '--data', data)
  assert.match(history.stdout, /alice +\S+ +accept-proposal +m-/)
  const { stdout } = await runProgram('conversation', 'trace', waiting!.message.conversation_id, '--data', data)
  assert.match(stdout, /human:alice/)
  assert.match(stdout, /propose/)
  assert.match(stdout, /accept-proposal/)
})

test('a clerk in C does the same', async (context) => {
  const folder = exampleOf(context, 'clerk-c')
  const data = join(folder, 'data')
  const first = await runSystem(folder, '--data', data)
  assert.equal(first.exitCode, 75, first.stderr)
  const [waiting] = await listWaiting(data)
  assert.equal(waiting?.message.sender, 'clerk-c')
  await answer(data, waiting!.id, '--act', 'accept-proposal')
  const last = await runSystem(folder, '--data', data)
  assert.deepEqual([last.exitCode, last.summary?.result?.content], [0, { paid: true }], last.stderr)
})

test('a question survives kill -9, and a system that runs takes the answer at once', async (context) => {
  const folder = exampleOf(context, 'clerk')
  const data = join(folder, 'data')
  const file = join(folder, 'caxton.toml')
  // Somebody who never rests, so that the run stays.
  writeFileSync(join(folder, 'idle.ts'), IDLE)
  const idle = '[agents.idle]\nsource = "idle.ts"\ngrants = { timers = 1 }\n\n[[send]]'
  writeFileSync(file, readFileSync(file, 'utf8').replace('[[send]]', idle))

  const killed = startRun(folder, data)
  await killed.sees('waiting')
  killed.child.kill('SIGKILL')
  await killed.ended
  const [waiting] = await listWaiting(data)
  assert.equal(waiting?.message.sender, 'clerk')

  const running = startRun(folder, data)
  await running.sees('waiting')
  const taken = await answer(data, waiting!.id, '--act', 'reject-proposal')
  assert.match(taken.stdout, /taken by the system that runs/)
  assert.equal(await running.ended, 65)
  assert.deepEqual(await listWaiting(data), [])
})

test('a program that reads messages asks a person, too: it is ended with the run, and its question is not', async (context) => {
  const folder = createDirectory(context)
  const data = join(folder, 'data')
  writeFileSync(join(folder, 'clerk.c'), PROGRAM)
  writeFileSync(join(folder, 'caxton.toml'), PROGRAM_SYSTEM)
  const first = await runSystem(folder, '--data', data)
  assert.equal(first.exitCode, 75, first.stderr)
  const [waiting] = await listWaiting(data)
  await answer(data, waiting!.id, '--act', 'accept-proposal')
  const last = await runSystem(folder, '--data', data)
  assert.deepEqual([last.exitCode, last.summary?.result?.content], [0, 'paid'], last.stderr)
})

const PROGRAM_SYSTEM = `
name = "program"
[people.alice]
[agents.clerk]
source = "clerk.c"
language = "c-command"
grants = { send = ["human:alice", "user"] }
[[send]]
to = "clerk"
performative = "request"
[goal]
from = "clerk"
performative = "inform"
`

const PROGRAM = `
#include <stdio.h>
#include <string.h>

static const char PROPOSAL[] =
    "{\\"performative\\":\\"propose\\",\\"receiver\\":\\"human:alice\\",\\"protocol\\":\\"fipa-propose\\"}";

int main(void) {
  char line[65536];
  while (fgets(line, sizeof line, stdin)) {
    if (strstr(line, "accept-proposal")) puts("{\\"performative\\":\\"inform\\",\\"receiver\\":\\"user\\",\\"content\\":\\"paid\\"}");
    else puts(PROPOSAL);
    fflush(stdout);
  }
}
`

const IDLE = `
import { setTimer } from 'caxton'
export const init = () => setTimer(1, 50)
export const handleTimer = () => setTimer(1, 50)
export const handleMessage = () => 0
`

/** Starts a run and follows its events. */
function startRun(folder: string, data: string) {
  const args = [join(ROOT, 'src/cli/main.ts'), 'run', folder, '--data', data, '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  const seen = new Set<string>()
  const watchers = new Map<string, () => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { type } = JSON.parse(line) as { type: string }
    seen.add(type)
    watchers.get(type)?.()
  })
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  const sees = async (type: string) => {
    if (!seen.has(type)) await new Promise<void>((resolve) => watchers.set(type, resolve))
  }
  return { child, ended, sees }
}
