/**
 * What a guest calls when a slice of its fuel is used up.
 *
 * It takes the negative counter (what the guest owes for the block it is about to run) and answers the new counter:
 * `owed + slice` for one more slice. A negative answer traps, with that answer in the fuel global. While it runs the
 * fuel global holds `owed`.
 *
 * A `WebAssembly.Suspending` suspends the guest until its promise is settled. It may be in the global only while the guest
 * runs in a call made through `WebAssembly.promising`: in a plain call V8 throws a `SuspendError`, which the guest can
 * catch once, and whose next charge then traps. To end a suspended guest reject with a trap that a module made (no
 * `catch` of WebAssembly takes it); any other error, and any that the function throws, is the guest's to catch.
 */
export type Refill = ((owed: bigint) => bigint) | WebAssembly.Suspending

/** `(module (type (func (param i64) (result i64))) (import "" "f" (func (type 0))) (export "f" (func 0)))` */
// biome-ignore format: one section a line
const ADAPTER = Uint8Array.of(
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x06, 0x01, 0x60, 0x01, 0x7e, 0x01, 0x7e,
  0x02, 0x06, 0x01, 0x00, 0x01, 0x66, 0x00, 0x00,
  0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00,
)

let adapter: WebAssembly.Module | undefined

/**
 * Makes what the host puts into the global `names.slice` of an instance: a function of WebAssembly that calls `refill`,
 * with no frame of JavaScript between it and the guest.
 *
 * One hook serves any number of instances, one at a time or interleaved; it is not told which of them calls. Set it
 * before each promising call. For a call that gets its whole budget at once set null: it then never leaves the guest.
 *
 * Cost: an instance of 31 bytes. A slice that ends costs its suspension (0.2 µs), a slice that does not end nothing.
 */
export function createSliceHook(refill: Refill): CallableFunction {
  adapter ??= new WebAssembly.Module(ADAPTER)
  const imports = { '': { f: refill as WebAssembly.ImportValue } }
  return new WebAssembly.Instance(adapter, imports).exports['f'] as CallableFunction
}
