import { readFile, realpath } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CaxtonError } from '../core/index.ts'
import type { Tool } from './language.ts'

/** A compiler or interpreter as it is installed. */
export interface InstalledTool {
  readonly directory: string
  readonly path: string
  readonly version: string
}

/**
 * Finds the package of a tool: from the directory of the source, then the working directory, then this project's own.
 *
 * @throws CaxtonError ERR_LANGUAGE_TOOL_MISSING with the command that installs it
 */
export async function findTool(tool: Tool, sourceDirectory: string): Promise<InstalledTool> {
  for (const directory of [sourceDirectory, process.cwd(), import.meta.dirname]) {
    const manifest = findManifest(tool.package, directory)
    if (manifest === undefined) continue
    const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
    const home = await realpath(dirname(manifest))
    return { directory: home, path: join(home, tool.file), version }
  }
  const command = `npm install --save-dev ${tool.package}`
  throw new CaxtonError('ERR_LANGUAGE_TOOL_MISSING', {
    detail: `${tool.word} comes with the package ${tool.package}; install it with \`${command}\``,
    data: { package: tool.package, command },
  })
}

function findManifest(name: string, directory: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(join(directory, 'from.js')))
  } catch {
    return undefined
  }
}
