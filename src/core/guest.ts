/**
 * The doors through which a module can be an agent.
 * `caxton`: a core module with `handle_message` (caxton ABI 1). `javascript`: a script inside the QuickJS module.
 * `command`: a WASI preview 1 command with `_start`, for `caxton exec`.
 */
export type DoorName = 'caxton' | 'javascript' | 'command'

/** A guest that can be deployed: what a language made of a source, or a ready module. */
export interface Guest {
  readonly bytes: Uint8Array
  readonly door: DoorName
  /** JavaScript text that the `javascript` door runs; null behind every other door. */
  readonly script: string | null
  /** Where it came from, for people: `bidder.c`, `x.wasm`. */
  readonly origin: string
}
