/** What a fuzzing process writes, one JSON object a line. */
export type FuzzMessage =
  /** A case begins: if nothing follows, it is what crashed or hung the process. */
  | { readonly seed: number }
  | { readonly seed: number; readonly done: string }
  | { readonly seed: number; readonly failure: FuzzFailure }

export interface FuzzFailure {
  readonly kind: string
  readonly what: string
  readonly detail: string
  /** The smallest module that fails in this way, base64. */
  readonly module: string
}
