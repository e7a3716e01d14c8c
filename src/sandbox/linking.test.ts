import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Grants } from '../capability/index.ts'
import { CAXTON_ABI, CAXTON_EXPORTS, NO_GRANTS } from '../capability/index.ts'
import type { DoorName, ErrorCode, ErrorFacts } from '../core/index.ts'
import { agentWat, COUNTER, compileWat, createPool, deploy } from './fixtures.test.ts'
import { checkImports, checkModule, DOORS } from './index.ts'

interface Case {
  readonly name: string
  readonly wat: string
  readonly grants?: Partial<Grants>
  readonly door?: DoorName
  readonly code: ErrorCode
  readonly data: ErrorFacts
}

const importing = (module: string, name: string, type = '') =>
  agentWat('(i32.const 0)', `(import "${module}" "${name}" (func ${type}))`)

const hostile = (module: string, name: string): Case => ({
  name: `'${module}.${name}' is not found on what JavaScript puts on every object`,
  wat: importing(module, name),
  code: 'ERR_MODULE_IMPORT_UNKNOWN',
  data: { module, name },
})

const CASES: readonly Case[] = [
  {
    name: 'a module that nobody offers is refused',
    wat: importing('host', 'secrets'),
    code: 'ERR_MODULE_IMPORT_UNKNOWN',
    data: { module: 'host', name: 'secrets' },
  },
  {
    name: 'a function that the module does not offer is refused',
    wat: importing('caxton', 'sned_message'),
    code: 'ERR_MODULE_IMPORT_UNKNOWN',
    data: { module: 'caxton', name: 'sned_message' },
  },
  hostile('__proto__', 'constructor'),
  hostile('constructor', 'constructor'),
  hostile('caxton', '__proto__'),
  hostile('caxton', 'constructor'),
  hostile('caxton', 'toString'),
  {
    name: 'too few parameters are refused',
    wat: importing('caxton', 'send_message', '(param i32) (result i32)'),
    code: 'ERR_MODULE_IMPORT_TYPE',
    data: { expected: '(i32, i32) -> (i32)', found: '(i32) -> (i32)' },
  },
  {
    name: 'another parameter type is refused',
    wat: importing('caxton', 'send_message', '(param i32 i64) (result i32)'),
    code: 'ERR_MODULE_IMPORT_TYPE',
    data: { found: '(i32, i64) -> (i32)' },
  },
  {
    name: 'another result type is refused',
    wat: importing('caxton', 'send_message', '(param i32 i32) (result externref)'),
    code: 'ERR_MODULE_IMPORT_TYPE',
    data: { found: '(i32, i32) -> (externref)' },
  },
  {
    name: 'a clock without the grant is refused',
    wat: importing('caxton', 'now_micros', '(result i64)'),
    grants: { log: 'info' },
    code: 'ERR_GRANT_MISSING',
    data: { module: 'caxton', name: 'now_micros', grant: 'clock' },
  },
  {
    name: 'an empty list of capabilities is no grant',
    wat: importing('caxton', 'register_capability', '(param i32 i32) (result i32)'),
    grants: { register: [] },
    code: 'ERR_GRANT_MISSING',
    data: { grant: 'register' },
  },
  {
    name: 'a missing export is named',
    wat: '(module (memory (export "memory") 1) (func (export "handle_message")))',
    code: 'ERR_MODULE_EXPORT_MISSING',
    data: { door: 'caxton', missing: ['caxton_alloc', 'handle_message'] },
  },
  {
    name: 'an optional export of another type is refused',
    wat: `${COUNTER.slice(0, -1)} (func (export "agent_init")))`,
    code: 'ERR_MODULE_EXPORT_MISSING',
    data: { missing: ['agent_init'] },
  },
  {
    name: 'a function in the place of the memory is refused',
    wat: COUNTER.replace('(export "memory")', '(export "other")').replace('caxton_alloc', 'memory'),
    code: 'ERR_MODULE_EXPORT_MISSING',
    data: { missing: ['memory', 'caxton_alloc'] },
  },
  {
    name: 'an agent is no command',
    wat: COUNTER,
    door: 'command',
    code: 'ERR_MODULE_EXPORT_MISSING',
    data: { door: 'command', missing: ['_start'] },
  },
]

suite('what is refused before anything starts', () => {
  for (const { name, wat, grants, door, code, data } of CASES) {
    test(name, async () => {
      await using pool = createPool()
      await assert.rejects(deploy(pool, wat, { grants: grants ?? {}, door: door ?? 'caxton' }), (error) => {
        assert.ok(error instanceof Error && 'code' in error && 'data' in error)
        assert.equal(error.code, code)
        for (const [fact, value] of Object.entries(data)) {
          assert.deepEqual((error.data as ErrorFacts)[fact], value, fact)
        }
        return true
      })
      assert.equal(pool.threadCount, 0)
      assert.equal(pool.agentCount, 0)
    })
  }

  test('all problems are found together, and an error names how many there are', async () => {
    const imports =
      '(import "host" "a" (func)) (import "caxton" "log" (func)) (import "caxton" "random_u32" (func (result i32)))'
    const wat = `(module ${imports})`
    const { info } = (await compileWat(wat)).instrumented
    assert.deepEqual(
      checkModule(info, 'caxton', NO_GRANTS).map(({ code }) => code),
      ['ERR_MODULE_EXPORT_MISSING', 'ERR_MODULE_IMPORT_UNKNOWN', 'ERR_MODULE_IMPORT_TYPE', 'ERR_GRANT_MISSING'],
    )
    await using pool = createPool()
    await assert.rejects(deploy(pool, wat), /\(and 3 more\)/)
  })

  test('the error of an unknown import lists what exists', async () => {
    const { info } = (await compileWat(importing('caxton', 'sned_message'))).instrumented
    const [problem] = checkImports(info, [CAXTON_ABI], NO_GRANTS)
    assert.match(problem?.detail ?? '', /'caxton' offers: send_message, log, /)
  })

  test('the error of a missing grant shows how to give it', async () => {
    const { info } = (await compileWat(importing('caxton', 'now_micros', '(result i64)'))).instrumented
    const [problem] = checkImports(info, [CAXTON_ABI], NO_GRANTS)
    assert.match(problem?.detail ?? '', /clock = "1ms"/)
  })
})

suite('what is linked', () => {
  test('an export named then is neither called nor waited for', async () => {
    await using pool = createPool()
    const { handle, sandbox } = await deploy(pool, `${COUNTER.slice(0, -1)} (func (export "then") (unreachable)))`)
    assert.equal((await sandbox.start()).error, null)
    assert.equal((await handle()).status, 1)
  })

  test('the same function can be imported many times', async () => {
    await using pool = createPool()
    const line = '(import "caxton" "random_u32" (func (result i32)))'
    const { handle } = await deploy(pool, agentWat('(i32.const 5)', line.repeat(50)), {
      grants: { random: { source: 'seeded', seed: 1 } },
    })
    assert.equal((await handle()).status, 5)
  })

  test('segments that do not fit refuse the deployment', async () => {
    await using pool = createPool()
    await assert.rejects(deploy(pool, agentWat('(i32.const 0)', '(data (i32.const 65535) "ab")')), {
      code: 'ERR_GUEST_TRAP',
    })
    assert.equal(pool.agentCount, 0)
  })

  test('the door looks at what the table of the ABI says an agent exports', () => {
    const ofDoor = DOORS.caxton.exports.map((entry) => {
      const signature = entry.kind === 'memory' ? 'memory' : `(${entry.params}) -> ${entry.results[0] ?? '()'}`
      return { name: entry.name, signature, required: entry.required }
    })
    const ofTable = CAXTON_EXPORTS.map(({ name, signature, required }) => {
      return { name, signature: signature.replace(/\w+: /g, '').replace(', ', ','), required }
    })
    assert.deepEqual(ofDoor, ofTable)
  })
})

suite('what a guest can catch', () => {
  const LOOP = '(local $n i32) (loop $again %) (unreachable)'
  const SEND = '(import "caxton" "send_message" (func $send (param i32 i32) (result i32)))'
  const swallowing: Record<string, string> = {
    'try with catch_all': '(try (do (drop (call $send (i32.const -1) (i32.const 9)))) (catch_all)) (br $again)',
    'try_table with catch_all':
      '(block $caught (try_table (catch_all $caught) (drop (call $send (i32.const -1) (i32.const 9))))) (br $again)',
  }

  for (const [name, body] of Object.entries(swallowing)) {
    test(`the end of a guest is not caught by ${name}`, async () => {
      await using pool = createPool()
      const wat = agentWat(LOOP.replace('%', body), SEND)
      const { handle } = await deploy(pool, wat, { limits: { hostCalls: 3 } })
      const { error, usage } = await handle()
      assert.equal(error?.code, 'ERR_LIMIT_HOST_CALLS')
      assert.equal(usage.hostCalls, 4)
    })
  }

  test('an exit is not caught either', async () => {
    await using pool = createPool()
    const exit = '(import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))'
    const { handle } = await deploy(
      pool,
      agentWat('(try (do (call $exit (i32.const 1))) (catch_all)) (i32.const 0)', exit),
    )
    assert.equal((await handle()).error?.code, 'ERR_GUEST_EXIT')
  })
})
