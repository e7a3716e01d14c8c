/** Depths that there is room for at first: what compilers nest. */
const FIRST_DEPTHS = 64

/** What is known of the frames that are open at a place of the code, by depth. It grows to the deepest. */
export class OpenFrames {
  /** Action that opened the frame, its number, the block that is current in it. */
  opener = new Uint8Array(FIRST_DEPTHS)
  number = new Uint32Array(FIRST_DEPTHS)
  block = new Uint32Array(FIRST_DEPTHS)
  /** The outermost depth a branch in the frame leads to; −1 for a throw. */
  lowest = new Int32Array(FIRST_DEPTHS)
  /** Control reaches the frame's beginning; control reaches its end by a branch or from an earlier arm. */
  entered = new Uint8Array(FIRST_DEPTHS)
  joined = new Uint8Array(FIRST_DEPTHS)

  /** Makes room for the next depth. */
  reserve(depth: number): void {
    if (depth < this.opener.length) return
    const length = this.opener.length * 2
    this.opener = new Uint8Array(this.opener.buffer.transfer(length))
    this.number = new Uint32Array(this.number.buffer.transfer(length * 4))
    this.block = new Uint32Array(this.block.buffer.transfer(length * 4))
    this.lowest = new Int32Array(this.lowest.buffer.transfer(length * 4))
    this.entered = new Uint8Array(this.entered.buffer.transfer(length))
    this.joined = new Uint8Array(this.joined.buffer.transfer(length))
  }
}
