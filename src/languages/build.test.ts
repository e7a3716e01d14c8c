import assert from 'node:assert/strict'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { CaxtonError, ErrorCode, Guest } from '../core/index.ts'
import { buildSource } from './index.ts'

/**
 * A compiler whose output is different each time it runs, found before the real one because it lies in the directory of the
 * source. What a source says decides what it does.
 */
const FAKE_CLANG = `
export async function runClang(args, files) {
  const text = Object.values(files).filter((file) => file instanceof Uint8Array).map((file) => new TextDecoder().decode(file)).join()
  if (text.includes('HANG')) for (;;) await new Promise((resolve) => setTimeout(resolve, 1000))
  if (text.includes('EXIT')) process.exit(3)
  if (text.includes('SPY')) throw new Error(await spy())
  return { [args.at(-1)]: new TextEncoder().encode('built ' + Math.random()) }
}
async function spy() {
  const fs = await import('node:fs')
  const attempt = (work) => { try { work(); return 'yes' } catch (error) { return error.code } }
  const { spawnSync } = await import('node:child_process')
  return JSON.stringify({
    read: attempt(() => fs.readFileSync('/etc/hostname')),
    write: attempt(() => fs.writeFileSync('/tmp/caxton-spy', '')),
    run: attempt(() => spawnSync('true')),
    environment: Object.keys(process.env).filter((name) => name !== 'NODE_CHANNEL_FD' && name !== 'NODE_CHANNEL_SERIALIZATION_MODE'),
  })
}
`

interface Place {
  readonly directory: string
  readonly cacheDirectory: string
  /** Writes a file and returns its path. */
  write(name: string, text: string): string
}

function createPlace(context: TestContext, { fake }: { fake: boolean }): Place {
  const directory = mkdtempSync(join(tmpdir(), 'caxton-build-'))
  context.after(() => rmSync(directory, { recursive: true, force: true }))
  const write = (name: string, text: string) => {
    const path = join(directory, 'src', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  if (fake) {
    write('node_modules/@yowasp/clang/package.json', '{"version":"1.0.0","type":"module"}')
    write('node_modules/@yowasp/clang/gen/bundle.js', FAKE_CLANG)
  }
  return { directory: join(directory, 'src'), cacheDirectory: join(directory, 'cache'), write }
}

function fails(code: ErrorCode, detail: RegExp, data: object = {}) {
  return (error: CaxtonError) => {
    assert.equal(error.code, code, error.message)
    assert.match(error.detail ?? '', detail)
    assert.deepEqual({ ...error.data, ...data }, error.data)
    return true
  }
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const fake = { fake: true }
const real = { fake: false }

test('builds once per content', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const path = write('a.c', '#include "b.h"')
  write('b.h', '#include "lib/c.h"')
  write('lib/c.h', '#include "d.h"')
  write('lib/d.h', 'one')
  const first = await buildSource(path, { cacheDirectory })
  assert.deepEqual({ ...first, bytes: null }, { bytes: null, door: 'caxton', script: null, origin: 'a.c' })
  assert.equal(text((await buildSource(path, { cacheDirectory })).bytes), text(first.bytes), 'cached')
  write('lib/d.h', 'two')
  const second = await buildSource(path, { cacheDirectory })
  assert.notEqual(text(second.bytes), text(first.bytes), 'a header three includes away has changed')
  write('lib/d.h', 'one')
  assert.equal(
    text((await buildSource(path, { cacheDirectory })).bytes),
    text(first.bytes),
    'the old build is still there',
  )
})

test('a new version of the compiler builds again', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const path = write('a.c', '')
  const first = await buildSource(path, { cacheDirectory })
  write('node_modules/@yowasp/clang/package.json', '{"version":"1.0.1","type":"module"}')
  assert.notEqual(text((await buildSource(path, { cacheDirectory })).bytes), text(first.bytes))
})

test('a damaged cache entry is built again', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const path = write('a.c', '')
  const bytes = async () => text((await buildSource(path, { cacheDirectory })).bytes)
  const first = await bytes()
  const [name = ''] = readdirSync(cacheDirectory)
  const entry = join(cacheDirectory, name)
  const whole = readFileSync(entry)
  const damages = [
    { name: 'truncated', damage: () => truncateSync(entry, whole.length - 1) },
    { name: 'truncated into the digest', damage: () => truncateSync(entry, 10) },
    { name: 'empty', damage: () => truncateSync(entry, 0) },
    {
      name: 'with a flipped bit',
      damage: () =>
        writeFileSync(
          entry,
          whole.map((byte, i) => (i === whole.length - 1 ? byte ^ 1 : byte)),
        ),
    },
  ]
  for (const { name, damage } of damages) {
    damage()
    const built = await bytes()
    assert.notEqual(built, first, name)
    assert.equal(await bytes(), built, `${name}, then whole again`)
  }
  assert.equal(readdirSync(cacheDirectory).length, 1, 'no temporary files stay')
})

test('builds beyond the bound of the cache make room, and a bound of 0 keeps none', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const build = async (name: string, cacheBytes: number) =>
    text((await buildSource(write(name, name), { cacheDirectory, cacheBytes })).bytes)
  for (let i = 0; i < 12; i += 1) await build(`${i}.c`, 8 * 4_096)
  assert.equal(readdirSync(cacheDirectory).length, 8)
  const kept = await build('11.c', 8 * 4_096)
  assert.equal(await build('11.c', 8 * 4_096), kept)
  assert.notEqual(await build('12.c', 0), await build('12.c', 0))
})

test('builds that are asked for at once happen once', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const path = write('a.c', '')
  const guests = await Promise.all(Array.from({ length: 8 }, () => buildSource(path, { cacheDirectory })))
  assert.equal(new Set(guests.map(({ bytes }) => text(bytes))).size, 1)
})

test('a build whose cache cannot be written still answers', async (context) => {
  const { directory, write } = createPlace(context, fake)
  const path = write('a.c', '')
  write('file', '')
  assert.match(text((await buildSource(path, { cacheDirectory: join(directory, 'file', 'cache') })).bytes), /^built/)
})

test('a cancelled build ends, and the next one of the same compiler works', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const hanging = write('hang.c', 'HANG')
  const controller = new AbortController()
  const lines: string[] = []
  const onProgress = (line: string) => {
    lines.push(line)
    controller.abort()
  }
  const queued = buildSource(write('b.c', ''), { cacheDirectory })
  const cancelled = buildSource(hanging, { cacheDirectory, onProgress, signal: controller.signal })
  await assert.rejects(cancelled, fails('ERR_LANGUAGE_BUILD_FAILED', /cancelled/))
  assert.deepEqual(lines, [`building ${hanging} with clang (first time only) …`])
  assert.match(text((await queued).bytes), /^built/)
  assert.match(text((await buildSource(write('c.c', ''), { cacheDirectory })).bytes), /^built/)
})

test('one who cancels does not cancel another who waits for the same build', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const path = write('a.c', '')
  const controller = new AbortController()
  const patient = buildSource(path, { cacheDirectory })
  const hasty = buildSource(path, { cacheDirectory, signal: controller.signal })
  controller.abort()
  await assert.rejects(hasty, fails('ERR_LANGUAGE_BUILD_FAILED', /cancelled/))
  assert.match(text((await patient).bytes), /^built/)
})

test('a compiler that dies fails its own build alone', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const dying = buildSource(write('die.c', 'EXIT'), { cacheDirectory })
  const next = buildSource(write('next.c', ''), { cacheDirectory })
  await assert.rejects(dying, fails('ERR_LANGUAGE_BUILD_FAILED', /compiler of die\.c ended with status 3/))
  assert.match(text((await next).bytes), /^built/)
})

test('a compiler can read no file, write none, start nothing, and sees no environment', async (context) => {
  const { cacheDirectory, write } = createPlace(context, fake)
  const error = await buildSource(write('spy.c', 'SPY'), { cacheDirectory }).catch((reason: CaxtonError) => reason)
  const denied = 'ERR_ACCESS_DENIED'
  assert.ok('detail' in error)
  assert.deepEqual(JSON.parse(error.detail ?? ''), { read: denied, write: denied, run: denied, environment: [] })
})

test('files outside the directory of the source are refused', async (context) => {
  const { cacheDirectory, directory, write } = createPlace(context, fake)
  symlinkSync('/etc/passwd', join(directory, 'link.h'))
  symlinkSync('/etc', join(directory, 'etc'))
  write('lib/up.h', '\n#include "../../secret.h"')
  const names = ['../../etc/passwd', '/etc/passwd', 'lib/../../x.h', 'link.h', 'etc/passwd']
  for (const name of names) {
    const path = write('a.c', `\n  #  include "${name}"`)
    const expected = fails('ERR_LANGUAGE_BUILD_FAILED', /lies outside the directory of the source/, {
      file: path,
      line: 2,
    })
    await assert.rejects(buildSource(path, { cacheDirectory }), expected, name)
  }
  const nested = buildSource(write('a.c', '#include "lib/up.h"'), { cacheDirectory })
  await assert.rejects(
    nested,
    fails('ERR_LANGUAGE_BUILD_FAILED', /outside/, { file: join(directory, 'lib/up.h'), line: 2 }),
  )
})

test('what cannot be built is named', async (context) => {
  const { cacheDirectory, directory, write } = createPlace(context, fake)
  const missing = join(directory, 'none.c')
  await assert.rejects(buildSource(missing), fails('ERR_CONFIG_FILE_MISSING', /none\.c/, { file: missing }))
  await assert.rejects(buildSource(directory, { language: 'c' }), fails('ERR_CONFIG_FILE_MISSING', /./))
  await assert.rejects(buildSource(write('a.zig', '')), fails('ERR_LANGUAGE_UNKNOWN', /a\.zig; known are c \(\.c\)/))
  await assert.rejects(buildSource(write('a.c', ''), { language: 'zig' }), fails('ERR_LANGUAGE_UNKNOWN', /"zig"/))
  const guest = await buildSource(write('a.zig', 'x'), { language: 'c', cacheDirectory })
  assert.match(text(guest.bytes), /^built/, 'the option wins over the ending')
})

test('clang says what is wrong with a source, with paths as they were written', async (context) => {
  const { cacheDirectory, directory, write } = createPlace(context, real)
  const path = relative(
    process.cwd(),
    write(
      'bad.c',
      '#include <caxton.h>\n#include "part.h"\nint caxton_handle(const caxton_message *m) { return part(m); }\n',
    ),
  )
  write('part.h', 'static int part(const caxton_message *m) {\n  return missing;\n}\n')
  const part = relative(process.cwd(), join(directory, 'part.h'))
  await assert.rejects(buildSource(path, { cacheDirectory }), (error: CaxtonError) => {
    assert.deepEqual(error.data, { file: part, line: 2 })
    assert.ok(error.detail?.startsWith(`In file included from ${path}:2:\n${part}:2:10: error: `), error.message)
    assert.match(error.detail ?? '', /undeclared identifier 'missing'/)
    return true
  })
})

test('C++ builds without exceptions', async (context) => {
  const { cacheDirectory, write } = createPlace(context, real)
  const path = write(
    'a.cpp',
    '#include <caxton.h>\nint caxton_handle(const caxton_message *m) { auto f = [](int x) { return x; }; return f(caxton_is(m, CAXTON_ACT_INFORM)); }\n',
  )
  assert.ok(WebAssembly.validate((await buildSource(path, { cacheDirectory })).bytes))
})

test('asc says what is wrong with a source, with paths as they were written', async (context) => {
  const { cacheDirectory, directory, write } = createPlace(context, real)
  const path = write(
    'bad.as.ts',
    'import { Message } from "caxton"\nimport { part } from "./lib/part.as"\nexport function handleMessage(message: Message): i32 { return part() }\n',
  )
  write('lib/part.as.ts', 'export function part(): i32 {\n  return missing\n}\n')
  const part = join(directory, 'lib/part.as.ts')
  const expected = fails('ERR_LANGUAGE_BUILD_FAILED', /Cannot find name 'missing'/, { file: part, line: 2 })
  await assert.rejects(buildSource(path, { cacheDirectory }), expected)
  write('lib/part.as.ts', 'export function part(): i32 { return 0 }\n')
  assert.ok(WebAssembly.validate((await buildSource(path, { cacheDirectory })).bytes))
  const outside = buildSource(write('out.as.ts', 'import { a } from "../../a"\n'), { cacheDirectory })
  await assert.rejects(outside, fails('ERR_LANGUAGE_BUILD_FAILED', /outside/, { line: 1 }))
})

test('a script keeps its lines and columns when its types are taken away', async (context) => {
  const { write } = createPlace(context, real)
  const source = 'interface A { b: number }\nexport function handleMessage(m: A): void { throw m as Error }\n'
  const guest = await buildSource(write('a.ts', source))
  const textOf = ({ script }: Guest, name: string) => script?.modules.get(name)?.text
  assert.equal(guest.door, 'javascript')
  assert.equal(guest.script?.main, 'a.ts')
  assert.equal(textOf(guest, 'a.ts')?.length, source.length)
  assert.equal(textOf(guest, 'a.ts')?.indexOf('throw'), source.indexOf('throw'))
  assert.equal(textOf(await buildSource(write('a.js', source)), 'a.js'), source)
  assert.notEqual(textOf(await buildSource(write('a.js', source), { language: 'typescript' }), 'a.js'), source)
  const expected = fails('ERR_LANGUAGE_BUILD_FAILED', /bad\.ts/)
  await assert.rejects(buildSource(write('bad.ts', 'enum A { B }')), expected)
  await assert.rejects(buildSource(write('bad.ts', 'const const')), expected)
})

test('a script brings the local modules that it imports', async (context) => {
  const { write } = createPlace(context, real)
  const main = [
    "import type { Type } from '../types.ts'",
    "import { reply } from 'caxton'",
    'import {',
    '  one,',
    "} from './lib/one.ts'",
    'export * from "./two"',
    "export const three = () => import('./three.js')",
    "// import './four.ts'",
    'export function handleMessage() {}',
  ]
  write('lib/one.ts', "import '../two.js'\nexport const one: number = 1\n")
  write('two.ts', "import './lib/one'\nimport './missing'\nexport const two: number = 2\n")
  write('three.js', 'export const three = 3\n')
  write('four.ts', '')
  const { script } = await buildSource(write('a.ts', main.join('\n')))
  const imports = Object.fromEntries([...(script?.modules ?? [])].map(([name, { imports }]) => [name, [...imports]]))
  assert.deepEqual(imports, {
    'a.ts': [
      ['./lib/one.ts', 'lib/one.ts'],
      ['./two', 'two.ts'],
      ['./three.js', 'three.js'],
    ],
    'lib/one.ts': [['../two.js', 'two.ts']],
    'two.ts': [['./lib/one', 'lib/one.ts']],
    'three.js': [],
  })
  assert.doesNotMatch(script?.modules.get('two.ts')?.text ?? '', /number/)
})

test('a script brings no file from outside its directory', async (context) => {
  const { directory, write } = createPlace(context, real)
  write('a.js', '')
  symlinkSync('/etc/passwd', join(directory, 'link.js'))
  for (const name of ['../../secret.js', './../x.ts', './link.js']) {
    const path = write('a.js', `\nimport '${name}'`)
    const expected = fails('ERR_LANGUAGE_BUILD_FAILED', /lies outside the directory of the source/, {
      file: path,
      line: 2,
    })
    await assert.rejects(buildSource(path), expected, name)
  }
  write('lib/bad.ts', '\nconst const')
  const broken = buildSource(write('a.ts', "import './lib/bad.ts'"))
  await assert.rejects(broken, fails('ERR_LANGUAGE_BUILD_FAILED', /bad\.ts/, { file: join(directory, 'lib/bad.ts') }))
})
