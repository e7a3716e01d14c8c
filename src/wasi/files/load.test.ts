import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { FilesGrant, FilesPreload } from '../../capability/index.ts'
import { isCaxtonError } from '../../core/index.ts'
import { createFolder, HOST_SKIP } from './file-systems.case.test.ts'
import { assertLinux } from './host-volume.ts'
import { loadMounts } from './load.ts'

function grantOf(preload: FilesPreload | null, bytes = 1_000, files = 10): FilesGrant {
  return { kind: 'memory', at: '/', bytes, files, preload }
}

async function load(grant: FilesGrant): Promise<readonly string[]> {
  const [mount] = await loadMounts([grant])
  assert.ok(mount?.kind === 'memory')
  return mount.tree.map((entry) =>
    entry.type === 'file' ? `${entry.path}: ${Buffer.from(entry.bytes).toString()}` : `${entry.path}/`,
  )
}

const directory = (path: string): FilesPreload => ({ kind: 'directory', path })

test('a directory is copied as it is, in the order of its names', async () => {
  const folder = createFolder({ 'b/inner/deep': 'x', 'b/z': '', a: 'text', 'c/': '' })
  assert.deepEqual(await load(grantOf(directory(folder))), [
    'a: text',
    'b/',
    'c/',
    'b/inner/',
    'b/z: ',
    'b/inner/deep: x',
  ])
})

test('texts are files, and nothing is nothing', async () => {
  assert.deepEqual(await load(grantOf({ kind: 'texts', texts: { 'a/b': 'größe' } })), ['a/b: größe'])
  assert.deepEqual(await load(grantOf(null)), [])
})

const REFUSED: { name: string; seed: Record<string, string>; grant?: Partial<FilesGrant>; detail: RegExp }[] = [
  { name: 'more bytes than fit', seed: { a: 'x'.repeat(600), b: 'x'.repeat(600) }, detail: /holds more than 1000 B/ },
  { name: 'more files than fit', seed: { a: '', b: '', c: '' }, grant: { files: 2 }, detail: /more than 2 files/ },
  {
    name: 'what lies too deep',
    seed: { [`${'d/'.repeat(64)}file`]: '' },
    grant: { files: 99 },
    detail: /lies too deep/,
  },
]

for (const { name, seed, grant, detail } of REFUSED) {
  test(`${name} is refused before it is held`, async () => {
    const written = { ...grantOf(directory(createFolder(seed))), ...grant } as FilesGrant
    await assert.rejects(loadMounts([written]), (error) => {
      assert.ok(isCaxtonError(error, 'ERR_CONFIG_INVALID'))
      assert.match(error.message, detail)
      return true
    })
  })
}

test('a link in a directory that is copied is refused, wherever it leads', async () => {
  const folder = createFolder({ file: '' })
  symlinkSync('file', join(folder, 'link'))
  await assert.rejects(loadMounts([grantOf(directory(folder))]), /neither a file nor a directory/)
})

test('a directory that is not there is refused', async () => {
  await assert.rejects(loadMounts([grantOf(directory('/nowhere'))]), (error) =>
    isCaxtonError(error, 'ERR_CONFIG_INVALID'),
  )
})

test('a name that is not UTF-8 is refused, since no copy could have it', { skip: HOST_SKIP }, async () => {
  const folder = createFolder()
  mkdirSync(join(folder, 'sub'))
  writeFileSync(Buffer.concat([Buffer.from(join(folder, 'sub/')), Uint8Array.of(0xff, 0x41)]), 'x')
  await assert.rejects(loadMounts([grantOf(directory(folder))]), (error) => isCaxtonError(error, 'ERR_CONFIG_INVALID'))
})

test('a copy is not what it was made of', async () => {
  const folder = createFolder({ file: 'before' })
  const [mount] = await loadMounts([grantOf(directory(folder))])
  writeFileSync(join(folder, 'file'), 'after')
  assert.ok(mount?.kind === 'memory' && mount.tree[0]?.type === 'file')
  assert.equal(Buffer.from(mount.tree[0].bytes).toString(), 'before')
  assert.equal(readFileSync(join(folder, 'file'), 'utf8'), 'after')
})

test('directories of the host are refused where they cannot be walked safely', () => {
  for (const platform of ['darwin', 'win32', 'freebsd']) {
    assert.throws(() => assertLinux('/data', platform), {
      code: 'ERR_CONFIG_INVALID',
      message: new RegExp(`/data cannot be granted on ${platform}: .*copy it with memory and preload instead`),
    })
  }
})
