/** What the build process is asked and what it answers. Types only. */

export interface BuildJob {
  readonly id: number
  readonly language: string
  /** File URL of the compiler's entry. */
  readonly toolUrl: string
  /** Name of the main source among `files`. */
  readonly main: string
  /** Sources by path relative to the directory of the main one. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Files of the SDK by plain name. */
  readonly sdk: Readonly<Record<string, Uint8Array>>
  readonly flags: readonly string[]
}

export type CompileResult =
  | { readonly kind: 'built'; readonly bytes: Uint8Array }
  /** The compiler did not take the source; `message` is its own. */
  | { readonly kind: 'refused'; readonly message: string }

export type BuildReply = CompileResult & { readonly id: number }

/** What each compiled language gives to the build process. */
export type Compile = (job: BuildJob) => Promise<CompileResult>
