/** Hostile: calls itself without end. Its stack runs out, and it is ended with ERR_LIMIT_STACK. */
import { Message, registerCapability } from 'caxton'

export function init(): i32 {
  return registerCapability('count')
}

export function handleMessage(message: Message): i32 {
  return descend(message.content.length)
}

/** The number is needed after the call, so that no compiler can make a loop of this. */
function descend(depth: i32): i32 {
  return descend(depth + 1) ^ depth
}
