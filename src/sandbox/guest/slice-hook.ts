/** `(module (type (func (param i64) (result i64))) (import "" "f" (func (type 0))) (export "f" (func 0)))` */
const ADAPTER = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7e, 1, 0x7e, 2, 6, 1, 0, 1, 0x66, 0, 0, 7, 5, 1, 1, 0x66, 0, 0,
])

/**
 * Makes the function of WebAssembly that guests of this thread call when a slice is used up, as the slice hook of their
 * module: see `ReservedNames.slice`. Made here, not by the rewriter: a thread of guests loads as little code as it can.
 */
export function toSliceHook(refill: ((owed: bigint) => bigint) | WebAssembly.Suspending): CallableFunction {
  const imports = { '': { f: refill as WebAssembly.ImportValue } }
  return new WebAssembly.Instance(new WebAssembly.Module(ADAPTER), imports).exports['f'] as CallableFunction
}
