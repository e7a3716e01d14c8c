import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errnoName } from '../../src/wasi/index.ts'
import { TestGuest, text, u32 } from '../../src/wasi/preview1/guest.case.test.ts'
import { FILE_RIGHTS_ALL } from '../../src/wasi/preview1/session.case.test.ts'

/** What became of a guest's attempts while another process swapped what they went through. */
export interface RaceResult {
  readonly attempts: number
  /** What was read, listed or changed outside of the granted directory. */
  readonly escapes: readonly string[]
  /** Answers by function and errno. */
  readonly answers: ReadonlyMap<string, number>
  /** What a host does that looks at a path before it opens it: how often, and how often that led outside. It shows that the race is one. */
  readonly controls: number
  readonly astray: number
}

const IOVS = 0x100
const DATA = 0x200
const OUT = 0x400
const PATHS = 0x1000
const OUTSIDE_TEXT = 'outside'
const RIGHTS = FILE_RIGHTS_ALL
const WRITE = 1n << 6n

/**
 * Lets a guest go through a directory and a file again and again while a second process lets each change places with a link
 * that leads outside.
 *
 * @param attempts calls of the guest that go through what is swapped
 */
export async function raceFiles(attempts: number): Promise<RaceResult> {
  const base = mkdtempSync(join(tmpdir(), 'caxton-race-'))
  const granted = join(base, 'granted')
  const outside = join(base, 'outside')
  createWorld(granted, outside)
  const swapper = spawn(process.execPath, [join(import.meta.dirname, 'file-swapper.ts'), granted], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await once(swapper.stdout, 'data')
    return race(granted, outside, attempts)
  } finally {
    swapper.kill('SIGKILL')
    await once(swapper, 'exit')
    rmSync(base, { recursive: true, force: true })
  }
}

/** The same names are inside and outside, so that a call that goes astray has something to do. */
function createWorld(granted: string, outside: string): void {
  mkdirSync(join(granted, 'swap/dir'), { recursive: true })
  mkdirSync(join(outside, 'dir'), { recursive: true })
  for (const name of ['swap/data', 'file']) writeFileSync(join(granted, name), 'inside!')
  for (const name of ['data', 'file']) writeFileSync(join(outside, name), OUTSIDE_TEXT)
  writeFileSync(join(outside, 'only-outside'), OUTSIDE_TEXT)
  symlinkSync('../outside', join(granted, 'swap-link'))
  symlinkSync('../outside/file', join(granted, 'file-link'))
}

function race(granted: string, outside: string, attempts: number): RaceResult {
  const guest = new TestGuest({
    mounts: [{ kind: 'host', at: '/', path: granted, access: 'rw', bytes: 2 ** 40, files: 1e6 }],
  })
  const before = snapshot(outside)
  const answers = new Map<string, number>()
  const escapes: string[] = []
  let astray = 0
  const steps = createSteps(guest)
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const [name, ...args] = steps[attempt % steps.length]!
    const answer = `${name} ${errnoName(Number(guest.call(name, ...args)))}`
    answers.set(answer, (answers.get(answer) ?? 0) + 1)
    if (name === 'path_open' && answer.endsWith('SUCCESS')) closeOpened(guest, escapes)
    if (attempt % 10 === 9 && isLedAstray(granted)) astray += 1
    if (attempt % 1_000 === 999) compare(before, snapshot(outside), escapes)
    if (escapes.length > 10) break
  }
  compare(before, snapshot(outside), escapes)
  guest.descriptors.closeAll()
  return { attempts, escapes, answers, controls: Math.floor(attempts / 10), astray }
}

/** Opens a file as somebody does who trusts a look at its directory. */
function isLedAstray(granted: string): boolean {
  try {
    if (!lstatSync(join(granted, 'swap')).isDirectory()) return false
    return readFileSync(join(granted, 'swap/data'), 'utf8').includes(OUTSIDE_TEXT)
  } catch {
    return false
  }
}

type Step = readonly [name: string, ...args: (number | bigint)[]]

/** Calls that go through `swap` and `file`, each of which would do or show something outside if it were led there. */
function createSteps(guest: TestGuest): readonly Step[] {
  let next = PATHS
  const path = (value: string): readonly [number, number] => {
    const bytes = text(value)
    guest.put(next, bytes)
    next += bytes.length
    return [next - bytes.length, bytes.length]
  }
  const [data, made, dir, swap, file, only] = [
    'swap/data',
    'swap/made',
    'swap/dir',
    'swap',
    'file',
    'swap/only-outside',
  ].map(path) as [Path, Path, Path, Path, Path, Path]
  const target = path('x')
  return [
    ['path_open', 3, 0, ...data, 0, RIGHTS, RIGHTS, 0, OUT],
    ['path_open', 3, 1, ...file, 0, RIGHTS, RIGHTS, 0, OUT],
    ['path_open', 3, 1, ...swap, 2, RIGHTS, RIGHTS, 0, OUT],
    ['path_open', 3, 0, ...data, 8, RIGHTS | WRITE, RIGHTS, 0, OUT],
    ['path_open', 3, 1, ...file, 9, RIGHTS | WRITE, RIGHTS, 0, OUT],
    ['path_open', 3, 0, ...made, 1, RIGHTS | WRITE, RIGHTS, 0, OUT],
    ['path_open', 3, 1, ...only, 0, RIGHTS, RIGHTS, 0, OUT],
    ['path_filestat_get', 3, 1, ...only, OUT],
    ['path_filestat_set_times', 3, 1, ...file, 1n, 1n, 5],
    ['path_filestat_set_times', 3, 0, ...data, 1n, 1n, 5],
    ['path_link', 3, 0, ...only, 3, ...made],
    ['path_unlink_file', 3, ...only],
    ['path_unlink_file', 3, ...made],
    ['path_symlink', ...target, 3, ...made],
    ['path_rename', 3, ...made, 3, ...data],
    ['path_create_directory', 3, ...made],
    ['path_remove_directory', 3, ...made],
    ['path_rename', 3, ...dir, 3, ...made],
    ['path_rename', 3, ...made, 3, ...dir],
  ]
}

type Path = readonly [number, number]

/** Looks at what was opened, writes to it, and closes it. */
function closeOpened(guest: TestGuest, escapes: string[]): void {
  const fd = guest.memory.readU32(OUT)
  guest.bytes.fill(0, DATA, DATA + 0x100)
  guest.put(IOVS, u32(DATA, 0x100))
  guest.call('fd_read', fd, IOVS, 1, OUT)
  guest.call('fd_readdir', fd, DATA, 0x100, 0n, OUT)
  const read = Buffer.from(guest.bytes.subarray(DATA, DATA + 0x100)).toString('latin1')
  if (read.includes(OUTSIDE_TEXT)) escapes.push(`read ${JSON.stringify(read.slice(0, 40))}`)
  guest.put(IOVS, u32(DATA + 0x100, 7)).put(DATA + 0x100, text('inside!'))
  guest.call('fd_pwrite', fd, IOVS, 1, 0n, OUT)
  guest.call('fd_close', fd)
}

function snapshot(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .map((name) => {
      const { mode, size, mtimeMs, nlink } = lstatSync(join(folder, name))
      return [name, mode, size, mtimeMs, nlink, name === 'dir' ? '' : readFileSync(join(folder, name), 'utf8')].join(
        ' ',
      )
    })
}

function compare(before: readonly string[], after: readonly string[], escapes: string[]): void {
  for (const line of before) if (!after.includes(line)) escapes.push(`outside is no longer: ${line}`)
  for (const line of after) if (!before.includes(line)) escapes.push(`outside is now: ${line}`)
}
