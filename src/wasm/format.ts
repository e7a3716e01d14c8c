import type { FunctionType } from './module-info.ts'

/** Writes a function type for people: `(i32, i64) -> f64`, `() -> ()`. */
export function formatFunctionType(type: Pick<FunctionType, 'params' | 'results'>): string {
  const results = type.results.length === 1 ? type.results[0] : `(${type.results.join(', ')})`
  return `(${type.params.join(', ')}) -> ${results}`
}
