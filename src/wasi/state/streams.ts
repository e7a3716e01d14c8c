/** Where standard input comes from. */
export interface ByteSource {
  /** Bytes that can be read now; 0 means the end. */
  readonly available: number
  /** Moves up to `into.length` bytes into `into` and returns how many; 0 means the end, or an empty `into`. */
  read(into: Uint8Array): number
}

/** Where standard output or error goes. */
export interface ByteSink {
  /**
   * Takes bytes and returns how many it took: fewer than offered when it is full. The guest then sees a short write, and
   * an errno when nothing was taken. The bytes are a view of guest memory: a sink that keeps them makes a copy.
   */
  write(bytes: Uint8Array): number
}

/** Makes a source that gives these bytes and then ends. */
export function createByteSource(bytes: Uint8Array): ByteSource {
  let rest = bytes
  return {
    get available() {
      return rest.length
    },
    read(into) {
      const taken = rest.subarray(0, into.length)
      into.set(taken)
      rest = rest.subarray(taken.length)
      return taken.length
    },
  }
}

/** A source that is at its end. */
export const NO_INPUT: ByteSource = Object.freeze({ available: 0, read: () => 0 })
