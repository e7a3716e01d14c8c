/** Where standard input comes from. */
export interface ByteSource {
  /** Bytes that can be read now. */
  readonly available: number
  /** Whether nothing comes after those. */
  readonly isEnded: boolean
  /** Moves up to `into.length` bytes into `into` and returns how many: 0 if none are there, or `into` is empty. */
  read(into: Uint8Array): number
  /**
   * How a guest waits for bytes where there are none: `wake` is called once there are, or the end; the returned function gives it up.
   * `rest`: the guest has nothing to do until its next message.
   */
  readonly whenReady: 'rest' | ((wake: () => void) => () => void)
}

/** Tells whether a read answers without waiting: with bytes, or with the end. */
export function isReadable({ available, isEnded }: ByteSource): boolean {
  return available > 0 || isEnded
}

/** Where standard output or error goes. */
export interface ByteSink {
  /**
   * Takes bytes and returns how many it took: fewer than offered when it is full. The guest then sees a short write, and
   * an errno when nothing was taken. The bytes are a view of guest memory: a sink that keeps them makes a copy.
   */
  write(bytes: Uint8Array): number
  /** Whether a guest has to wait before it writes more; `whenReady` then waits, as that of a source does. @default never */
  readonly isFull?: () => boolean
  readonly whenReady?: (wake: () => void) => () => void
}

/** Makes a source that gives these bytes and then ends. */
export function createByteSource(bytes: Uint8Array): ByteSource {
  let rest = bytes
  return {
    isEnded: true,
    whenReady: neverWaits,
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
export const NO_INPUT: ByteSource = Object.freeze({ available: 0, isEnded: true, read: () => 0, whenReady: neverWaits })

function neverWaits(wake: () => void): () => void {
  wake()
  return () => {}
}
