import { CaxtonError } from '../../core/index.ts'

/** The child said what an honest one never says. */
export function violation(what: string): CaxtonError {
  return new CaxtonError('ERR_SANDBOX_PROCESS_LOST', {
    detail: `it broke the protocol: ${what}`,
    data: { violation: what },
  })
}
