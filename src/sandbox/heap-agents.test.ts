import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { agentWat, COUNTER, compileWat, createPool, deploy } from './fixtures.test.ts'
import { keepsObjects } from './heap-agents.ts'
import { SandboxPool } from './index.ts'

const LIST = '(type $node (struct (field (ref null $node)))) (global $head (mut (ref null $node)) (ref.null $node))'

/** Makes as many objects for each byte of a message as said; `keep` says which of them stay. */
function makerWat(count: number, keep: 'all' | 'none'): string {
  const next = keep === 'all' ? '(global.get $head)' : '(ref.null $node)'
  return agentWat(
    `(local.set $ptr (i32.const ${count})) (loop $again (global.set $head (struct.new $node ${next}))
      (br_if $again (local.tee $ptr (i32.sub (local.get $ptr) (i32.const 1))))) (i32.const 0)`,
    LIST,
  )
}

const RICH = { fuel: 1e12, wallMs: 60_000 }

suite('modules whose instances keep objects', () => {
  const CASES: readonly { name: string; fields: string; keeps: boolean }[] = [
    { name: 'none', fields: '', keeps: false },
    { name: 'a structure', fields: '(type $s (struct (field i32)))', keeps: true },
    { name: 'an array', fields: '(type $a (array i8))', keeps: true },
    { name: 'a table of functions', fields: '(table 10 funcref)', keeps: false },
    { name: 'an exception of numbers', fields: '(tag (param i32 i64))', keeps: false },
    { name: 'an exception with a reference', fields: '(tag (param externref))', keeps: true },
    { name: 'a large exception', fields: `(tag (param ${'i32 '.repeat(100)}))`, keeps: true },
  ]
  for (const { name, fields, keeps } of CASES) {
    test(`are ${keeps ? '' : 'not '}those with ${name}`, async () => {
      const used =
        keeps && !fields.includes('tag')
          ? `${fields} (func (local ${fields.includes('$s') ? '(ref null $s)' : '(ref null $a)'}))`
          : fields
      assert.equal(keepsObjects((await compileWat(agentWat('(i32.const 0)', used))).instrumented.info), keeps)
    })
  }
})

suite('an agent that keeps objects', () => {
  test('has a thread of its own, which ends with it', async () => {
    await using pool = createPool()
    const plain = await deploy(pool, COUNTER, { name: 'plain' })
    const one = await deploy(pool, makerWat(10, 'all'), { name: 'one' })
    const two = await deploy(pool, makerWat(10, 'all'), { name: 'two' })
    await deploy(pool, COUNTER, { name: 'other' })
    assert.equal(pool.threadCount, 3)
    for (const { handle } of [plain, one, two]) assert.equal((await handle()).error, null)
    await one.sandbox.close()
    assert.equal(pool.threadCount, 2)
    assert.equal((await two.handle()).status, 0)
    assert.equal((await plain.handle()).status, 2)
  })

  test('is ended when it keeps more than its memory, message by message, and nobody else notices', async () => {
    await using pool = createPool()
    const neighbour = await deploy(pool, COUNTER, { name: 'neighbour' })
    const other = await deploy(pool, makerWat(1_000, 'all'), { name: 'other' })
    const hoarder = await deploy(pool, makerWat(500_000, 'all'), { limits: { ...RICH, memoryBytes: 2 ** 20 } })
    let ended = null
    let count = 0
    while (ended === null) {
      ended = (await hoarder.handle()).error
      count += 1
    }
    assert.equal(ended.code, 'ERR_LIMIT_MEMORY')
    assert.ok(count > 1, 'not by its first message')
    assert.equal((await neighbour.handle()).status, 1)
    assert.equal((await other.handle()).error, null)
    assert.deepEqual([neighbour.restarts, other.restarts], [[], []])
  })

  test('may make any number of objects that it drops', async () => {
    await using pool = createPool()
    const { handle } = await deploy(pool, makerWat(10_000_000, 'none'), { limits: { ...RICH, memoryBytes: 2 ** 20 } })
    for (let round = 0; round < 2; round += 1) assert.equal((await handle()).error, null)
  })

  test('is refused when there are as many as there may be, and others are not', async () => {
    await using pool = new SandboxPool({ run: 'test' }, { threads: 1, heapAgents: 2 })
    const wat = makerWat(1, 'all')
    const names = ['one', 'two']
    await Promise.all(names.map((name) => deploy(pool, wat, { name, limits: { memoryBytes: 2 ** 20 } })))
    await assert.rejects(deploy(pool, wat), { code: 'ERR_LIMIT_AGENTS' })
    assert.equal((await (await deploy(pool, COUNTER)).handle()).status, 1)
  })
})
