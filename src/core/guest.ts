/**
 * The doors through which a module can be an agent.
 * `caxton`: a core module with `handle_message` (caxton ABI 1). `javascript`: a script inside the QuickJS module.
 * `stdio`: a WASI preview 1 command with `_start` that reads and writes messages. `command`: any such command, for `caxton exec`.
 */
export type DoorName = 'caxton' | 'javascript' | 'stdio' | 'command'

/** What the `javascript` door runs: a script and the local modules that it imports, directly or not. */
export interface Script {
  /** Name of the module whose exports are the agent; a key of `modules`. */
  readonly main: string
  /** By path relative to the directory of the main source, with `/`: what exceptions call them. */
  readonly modules: ReadonlyMap<string, ScriptModule>
}

export interface ScriptModule {
  /** JavaScript. */
  readonly text: string
  /** Name of the module behind each local specifier: `./words.ts` leads to `words.ts`. What is not here cannot be imported. */
  readonly imports: ReadonlyMap<string, string>
}

/** A guest that can be deployed: what a language made of a source, or a ready module. */
export interface Guest {
  readonly bytes: Uint8Array
  readonly door: DoorName
  /** What the `javascript` door runs; null behind every other door. */
  readonly script: Script | null
  /** Where it came from, for people: `bidder.c`, `x.wasm`. */
  readonly origin: string
}
