import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

/** Runs code that may ask V8 how a function is compiled. `compile` is `compileForSpeed`, `bytes` a module with two functions. */
function inspect(code: string): unknown {
  const url = new URL('./speed.ts', import.meta.url).href
  const script = `
    import { compileForSpeed } from ${JSON.stringify(url)}
    /** (module (func (export "run") (result i32) (i32.const result)) (func (export "other") (result i32) (i32.const 2))) */
    const assemble = (result) => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 3, 2, 0, 0,
      7, 15, 2, 3, 114, 117, 110, 0, 0, 5, 111, 116, 104, 101, 114, 0, 1, 10, 11, 2, 4, 0, 65, result, 11, 4, 0, 65, 2, 11)
    const exportsOf = (module) => new WebAssembly.Instance(module).exports
    const show = (value) => console.log(JSON.stringify(value))
    ${code}`
  const output = execFileSync(process.execPath, ['--allow-natives-syntax', '--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  return JSON.parse(output)
}

test('every function is optimised before it is called, and only in modules compiled for speed', () => {
  const seen = inspect(`
    const { run, other } = exportsOf(await compileForSpeed(assemble(1)))
    const later = exportsOf(await WebAssembly.compile(assemble(3))).run
    const result = [run(), later()]
    show({ result, run: %IsTurboFanFunction(run), other: %IsTurboFanFunction(other), later: %IsTurboFanFunction(later) })`)
  assert.deepEqual(seen, { result: [1, 3], run: true, other: true, later: false })
})

test('compilations that overlap and one that fails leave the flags as they were', () => {
  const seen = inspect(`
    const jobs = [compileForSpeed(assemble(1)), compileForSpeed(Uint8Array.of(1)), compileForSpeed(assemble(2))]
    const ended = await Promise.allSettled(jobs)
    const later = exportsOf(await WebAssembly.compile(assemble(3))).run
    later()
    show({ ended: ended.map(({ status }) => status), later: %IsTurboFanFunction(later) })`)
  assert.deepEqual(seen, { ended: ['fulfilled', 'rejected', 'fulfilled'], later: false })
})

test('a process that waits for nothing else does not end before the module is there', () => {
  for (let count = 0; count < 5; count += 1)
    assert.equal(inspect('show(exportsOf(await compileForSpeed(assemble(7))).run())'), 7)
})
