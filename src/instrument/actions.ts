import { ROW_COUNT, rowByName } from '../wasm/index.ts'

/** What the analysis does at an instruction. */
export const ACTION = Object.freeze({
  plain: 0,
  block: 1,
  loop: 2,
  if: 3,
  else: 4,
  end: 5,
  try: 6,
  catch: 7,
  delegate: 8,
  tryTable: 9,
  branch: 10,
  branchIf: 11,
  branchTable: 12,
  return: 13,
  throw: 14,
  unreachable: 15,
  call: 16,
  tailCall: 17,
  bulk: 18,
})

const ROWS: Readonly<Record<Exclude<keyof typeof ACTION, 'plain'>, string>> = {
  block: 'block',
  loop: 'loop',
  if: 'if',
  else: 'else',
  end: 'end',
  try: 'try',
  catch: 'catch catch_all',
  delegate: 'delegate',
  tryTable: 'try_table',
  branch: 'br',
  branchIf: 'br_if br_on_null br_on_non_null br_on_cast br_on_cast_fail',
  branchTable: 'br_table',
  return: 'return',
  throw: 'throw rethrow throw_ref',
  unreachable: 'unreachable',
  call: 'call call_indirect call_ref',
  tailCall: 'return_call return_call_indirect return_call_ref',
  bulk:
    'memory.grow memory.fill memory.copy memory.init table.grow table.fill table.copy table.init struct.new struct.new_default ' +
    'array.new array.new_default array.new_fixed array.new_data array.new_elem array.fill array.copy array.init_data array.init_elem',
}

/** Action of each opcode by row. */
export const ACTION_BY_ROW: Uint8Array = indexActions()

function indexActions(): Uint8Array {
  const actions = new Uint8Array(ROW_COUNT)
  for (const [action, names] of Object.entries(ROWS)) {
    for (const name of names.split(' ')) actions[rowByName(name)] = ACTION[action as keyof typeof ACTION]
  }
  return actions
}
