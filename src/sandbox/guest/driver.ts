/*
 * Runs messages of many guests, one after the other, on one stack that can be suspended. A stack for each call costs more than
 * the call of a small guest.
 *
 * 1. On the stack are a frame of `drive` and the guest's own: a guest that is suspended takes the stack along, and the next
 *    message begins on another one.
 * 2. What a guest throws ends `drive`: nothing is called after it.
 * 3. `place` and `end` belong to the guest that `begin` has named.
 */

export interface DriverParts {
  /** Begins the next message: where its guest sits, and the bytes of the message. -1 ends the drive. */
  begin(): number
  /** Writes the message to where the guest wants it. Throws TRAP if there is no such place. */
  place(pointer: number): void
  /** The guest has handled the message. */
  end(status: number): void
}

/** `begin` answers a seat and a length in one number: as many bytes as a message can have, and no more bits than a double has. */
const LENGTHS = 2 ** 32

/** How the frame of the driver is called in a stack trace. */
export const DRIVER_NAME = 'caxton:driver'

/** Functions of a guest that take its messages. */
export interface Seat {
  readonly index: number
}

export class Driver {
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 0 })
  readonly #free: number[] = []
  /** Runs messages until `begin` ends it; rejects with what a guest has thrown. Pending while its guest is suspended. */
  readonly drive: () => Promise<void>

  constructor({ begin, place, end }: DriverParts) {
    const imports = { '': { begin, place, end, table: this.#table } }
    const { exports } = new WebAssembly.Instance(createDriver(), imports)
    this.drive = WebAssembly.promising(exports['drive'] as CallableFunction) as () => Promise<void>
  }

  /** Makes room for a guest. `allocate` is of type (i32) → i32, `handle` of type (i32, i32) → i32. */
  seat(allocate: CallableFunction, handle: CallableFunction): Seat {
    const index = this.#free.pop() ?? this.#table.grow(2)
    this.#table.set(index, allocate)
    this.#table.set(index + 1, handle)
    return { index }
  }

  leave({ index }: Seat): void {
    this.#table.set(index, null)
    this.#table.set(index + 1, null)
    this.#free.push(index)
  }
}

/** What `begin` answers for a message of so many bytes to the guest of that seat. */
export function toBeginning({ index }: Seat, length: number): number {
  return index * LENGTHS + length
}

let driver: WebAssembly.Module | undefined

/**
 * ```wat
 * (func (export "drive") (local $beginning i64) (local $seat i32) (local $pointer i32)
 *   (loop $next
 *     (local.set $beginning (i64.trunc_f64_s (call $begin)))
 *     (if (i64.ge_s (local.get $beginning) (i64.const 0)) (then
 *       (local.set $seat (i32.wrap_i64 (i64.shr_u (local.get $beginning) (i64.const 32))))
 *       (local.set $pointer (call_indirect (type $allocate) (i32.wrap_i64 (local.get $beginning)) (local.get $seat)))
 *       (call $place (local.get $pointer))
 *       (call $end (call_indirect (type $handle) (local.get $pointer) (i32.wrap_i64 (local.get $beginning))
 *         (i32.add (local.get $seat) (i32.const 1))))
 *       (br $next)))))
 * ```
 * Every size in it is below 128.
 */
function createDriver(): WebAssembly.Module {
  // biome-ignore format: one type, import or instruction a line
  const sections: readonly (readonly [number, readonly number[]])[] = [
    [1, [5,
      0x60, 0, 1, 0x7c,
      0x60, 1, 0x7f, 0,
      0x60, 1, 0x7f, 1, 0x7f,
      0x60, 2, 0x7f, 0x7f, 1, 0x7f,
      0x60, 0, 0,
    ]],
    [2, [4,
      0, ...name('begin'), 0, 0,
      0, ...name('place'), 0, 1,
      0, ...name('end'), 0, 1,
      0, ...name('table'), 1, 0x70, 0, 0,
    ]],
    [3, [1, 4]],
    [7, [1, ...name('drive'), 0, 3]],
    [10, [1, ...sized([
      2, 1, 0x7e, 2, 0x7f,
      0x03, 0x40,
      0x10, 0,
      0xb0,
      0x22, 0,
      0x42, 0,
      0x59,
      0x04, 0x40,
      0x20, 0, 0x42, 32, 0x88, 0xa7, 0x21, 1,
      0x20, 0, 0xa7, 0x20, 1, 0x11, 2, 0, 0x22, 2,
      0x10, 1,
      0x20, 2, 0x20, 0, 0xa7, 0x20, 1, 0x41, 1, 0x6a, 0x11, 3, 0,
      0x10, 2,
      0x0c, 1,
      0x0b,
      0x0b,
      0x0b,
    ])]],
    [0, [...name('name'), 1, ...sized([1, 3, ...name(DRIVER_NAME)])]],
  ]
  const bytes = sections.flatMap(([id, content]) => [id, ...sized(content)])
  driver ??= new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...bytes))
  return driver
}

function sized(content: readonly number[]): number[] {
  return [content.length, ...content]
}

function name(text: string): number[] {
  return sized([...Buffer.from(text)])
}
