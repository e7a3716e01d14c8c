import { InstructionCursor } from './instruction-cursor.ts'
import { readLocals } from './locals.ts'
import type { ModuleInfo, ValueType } from './module-info.ts'
import { featureOfRow, IMMEDIATE, IMMEDIATE_BY_ROW, ROW_COUNT, rowByName } from './opcode-index.ts'
import type { Feature } from './opcodes.ts'

const ADD_LIKE = ['i32.add', 'i32.sub', 'i32.mul', 'i64.add', 'i64.sub', 'i64.mul'].map(rowByName)

/**
 * Finds the features a module uses, in its declarations and in its code. Cost: one pass over all code.
 *
 * @throws CaxtonError ERR_WASM_MALFORMED, ERR_WASM_OPCODE_UNKNOWN
 */
export function findFeatures(info: ModuleInfo): ReadonlySet<Feature> {
  const features = new Set<Feature>(['mvp'])
  addFromTypes(info, features)
  addFromDeclarations(info, features)
  addFromExpressions(info, features)
  addFromCode(info, features)
  return features
}

function addFromTypes(info: ModuleInfo, features: Set<Feature>): void {
  for (const { type, supertypes, final } of info.types) {
    if (type.kind !== 'func' || supertypes.length > 0 || !final) features.add('gc')
    if (type.kind !== 'func') continue
    if (type.results.length > 1) features.add('multi-value')
    for (const value of [...type.params, ...type.results]) addFromValueType(value, features)
  }
}

function addFromValueType(type: ValueType, features: Set<Feature>): void {
  if (type === 'v128') features.add('simd')
  else if (type === 'exnref' || type === 'nullexnref') features.add('exceptions')
  else if (type === 'funcref' || type === 'externref') features.add('reference-types')
  else if (/^\(ref (null )?(\d+|func|extern)\)$/.test(type)) features.add('function-references')
  else if (type.endsWith('ref') || type.startsWith('(ref')) features.add('gc')
}

function addFromDeclarations(info: ModuleInfo, features: Set<Feature>): void {
  if (info.memories.length > 1) features.add('multi-memory')
  if (info.tables.length > 1) features.add('reference-types')
  if (info.tags.length > 0) features.add('exceptions')
  if (info.dataCount !== null) features.add('bulk-memory')
  if (info.memories.some(({ limits }) => limits.shared)) features.add('threads')
  if ([...info.memories, ...info.tables].some(({ limits }) => limits.index === 'i64')) features.add('memory64')
  if (info.tables.some(({ initializer }) => initializer !== null)) features.add('function-references')
  for (const { element } of info.tables) if (element !== 'funcref') addFromValueType(element, features)
  for (const { type } of info.globals) addFromValueType(type, features)
  if (info.elements.some(({ mode }) => mode !== 'active')) features.add('bulk-memory')
}

function addFromExpressions(info: ModuleInfo, features: Set<Feature>): void {
  const expressions = [
    ...info.globals.map(({ initializer }) => initializer),
    ...info.tables.map(({ initializer }) => initializer),
    ...info.elements.map(({ start, form, entries }) => start ?? (form === 'expressions' ? entries : null)),
    ...info.data.map(({ start }) => start),
  ]
  for (const range of expressions) {
    if (range === null) continue
    const cursor = new InstructionCursor(info.bytes, range.offset, range.offset + range.size)
    while (cursor.next()) {
      features.add(featureOfRow(cursor.row) ?? 'mvp')
      if (ADD_LIKE.includes(cursor.row)) features.add('extended-const')
    }
  }
}

function addFromCode(info: ModuleInfo, features: Set<Feature>): void {
  const seen = new Uint8Array(ROW_COUNT)
  const cursor = new InstructionCursor(info.bytes)
  const { count, offsets, sizes } = info.code
  let otherMemory = false
  for (let i = 0; i < count; i++) {
    const offset = offsets[i] as number
    const end = offset + (sizes[i] as number)
    cursor.enter(readLocals(info.bytes, offset, end).offset, end)
    while (cursor.next()) {
      seen[cursor.row] = 1
      if (IMMEDIATE_BY_ROW[cursor.row] === IMMEDIATE.memarg && cursor.first !== 0) otherMemory = true
    }
  }
  if (otherMemory) features.add('multi-memory')
  seen.forEach((used, row) => {
    if (used) features.add(featureOfRow(row) ?? 'mvp')
  })
}
