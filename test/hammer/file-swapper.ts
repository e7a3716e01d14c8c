import { renameSync, writeSync } from 'node:fs'

/*
 * A process that lets a directory and a link, and a file and a link, change places as fast as it can, until it is killed.
 * Argument: the folder in which `swap` is a directory and `swap-link` a link, `file` a file and `file-link` a link.
 */

const [folder = '.'] = process.argv.slice(2)
process.chdir(folder)
writeSync(1, 'ready\n')
for (;;) {
  renameSync('swap', 'swap-aside')
  renameSync('swap-link', 'swap')
  renameSync('file', 'file-aside')
  renameSync('file-link', 'file')
  renameSync('swap', 'swap-link')
  renameSync('swap-aside', 'swap')
  renameSync('file', 'file-link')
  renameSync('file-aside', 'file')
}
