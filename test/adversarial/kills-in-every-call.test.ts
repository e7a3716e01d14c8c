import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { AskHandler, HostFunction } from '../../src/capability/index.ts'
import { CAXTON_ABI, STATUS } from '../../src/capability/index.ts'
import type { Deployed } from '../../src/sandbox/fixtures.test.ts'
import { agentWat, COUNTER, deploy } from '../../src/sandbox/fixtures.test.ts'
import { SandboxPool } from '../../src/sandbox/index.ts'
import { parseGrants } from '../../src/system/index.ts'
import type { Mount } from '../../src/wasi/index.ts'
import { WASI_PREVIEW1 } from '../../src/wasi/index.ts'

/** These end the guest by themselves, before it can be killed. */
const LAST_CALLS = ['proc_exit', 'proc_raise']
/** Whatever a host function wants: each is called by somebody who may call it. */
const GRANTS = parseGrants({
  ...{
    send: ['*'],
    register: ['count'],
    directory: ['*'],
    publish: ['t'],
    subscribe: ['t'],
    log: 'debug',
    clock: '1us',
    random: 'secure',
    timers: 16,
  },
  ...{ store: { bytes: '64KiB', keys: 100 }, http: [{ url: 'https://example.com/*', methods: ['GET'] }] },
  ...{
    publish: ['>'],
    subscribe: ['>'],
    tools: ['server/*'],
    delegate: ['tools'],
    spawn: { templates: ['worker'], agents: 4 },
  },
})
const FILES: readonly Mount[] = [{ kind: 'memory', at: '/', bytes: 65_536, files: 100, tree: [] }]
const LIMITS = { fuel: 1e15, wallMs: 10, waitMs: 30, hostCalls: 1e9, messages: 1_000_000 }
const FIRST_GRANTED_FD = 3
const DENY: AskHandler = async () => ({ status: STATUS.DENIED, bytes: new Uint8Array() })
const FORGET: AskHandler = () => new Promise(() => {})

/** Calls one host function for ever: with the first directory, a few bytes of zeros, and where it asks for little. */
function callForEver(module: string, { name, params, result }: HostFunction<never>): string {
  const types = params.map(({ type }) => type)
  const values = params.map((param) => {
    const value = /fd$/.test(param.name) ? FIRST_GRANTED_FD : /len|count|size/.test(param.name) ? 8 : 1_024
    return `(${param.type}.const ${value})`
  })
  const call = `(call $host ${values.join(' ')})`
  const signature = `(param ${types.join(' ')})${result === null ? '' : ` (result ${result})`}`
  return agentWat(
    `(loop $again ${result === null ? call : `(drop ${call})`} (br $again)) (unreachable)`,
    `(import "${module}" "${name}" (func $host ${signature})) (func (export "handle_timer") (param i32) (result i32) (i32.const 0))`,
  )
}

for (const { name: module, functions } of [CAXTON_ABI, WASI_PREVIEW1]) {
  suite(`a guest that calls a function of ${module} for ever`, () => {
    const pool = new SandboxPool({ run: 'test' }, { threads: 1 })
    let neighbour: Deployed
    let count = 0
    before(async () => {
      neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    })
    after(() => pool.close())

    for (const offered of functions as readonly HostFunction<never>[]) {
      if (LAST_CALLS.includes(offered.name)) continue
      test(`is stopped in ${offered.name}, answered or not, and its neighbour keeps its count`, async () => {
        const wat = callForEver(module, offered)
        for (const onAsk of [DENY, FORGET]) {
          const guest = await deploy(pool, wat, { grants: GRANTS, limits: LIMITS, mounts: FILES, onAsk })
          assert.match(await endOf(guest), /^ERR_LIMIT_(WALL|WAIT)$/)
          count += 1
          const { status } = await neighbour.handle()
          assert.deepEqual(neighbour.restarts, [])
          assert.deepEqual([status, pool.threadCount, pool.agentCount], [count, 1, 1])
        }
      })
    }
  })
}

async function endOf({ handle, sandbox }: Deployed): Promise<string> {
  const { error } = await handle()
  await sandbox.close()
  return error?.code ?? 'none'
}
