/** `(module (func (export "trap") unreachable))` */
const TRAPPING_MODULE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 0x74, 0x72, 0x61, 0x70, 0, 0, 0x0a, 5,
  1, 3, 0, 0, 0x0b,
])

/**
 * A trap that a real guest function made. Thrown from a host call it ends the guest: no `catch_all` of WebAssembly takes
 * it, unlike any error that JavaScript makes. It loses that property when it is cloned, so each thread makes its own.
 */
export const TRAP: unknown = makeTrap()

function makeTrap(): unknown {
  const trap = new WebAssembly.Instance(new WebAssembly.Module(TRAPPING_MODULE)).exports['trap'] as () => void
  try {
    trap()
  } catch (thrown) {
    return thrown
  }
  return undefined
}
