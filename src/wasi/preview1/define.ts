import type { HostCall, HostFunction, Parameter } from '../../capability/index.ts'
import type { WasiHost } from '../host.ts'

type WasiFunction = HostFunction<WasiHost>

export function i32(name: string): Parameter {
  return { name, type: 'i32' }
}

export function i64(name: string): Parameter {
  return { name, type: 'i64' }
}

/**
 * Describes a function that answers an errno. None needs a grant to be linked: what is not granted is closed, empty,
 * deterministic, or answered with an errno.
 */
export function define(
  name: string,
  params: readonly Parameter[],
  fuel: number,
  summary: string,
  bind: (host: WasiHost) => HostCall,
): WasiFunction {
  return { name, params, result: 'i32', grant: null, fuel, summary, bind }
}

/** Describes a function that answers an errno, at once or after a wait. */
export function defineWaiting(...row: Parameters<typeof define>): WasiFunction {
  return { ...define(...row), waits: true }
}
