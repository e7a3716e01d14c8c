import type { Output } from '../output.ts'

/** Takes the work of the chosen command, which ends with an exit code or throws a `CaxtonError`. */
export type Runner = (work: (output: Output) => Promise<number>) => void
