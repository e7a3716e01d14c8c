import type { ByteWriter } from '../byte-writer.ts'
import type { Producer, TargetFeature } from '../module-info.ts'

/** Writes the contents of a `producers` section behind its name. */
export function writeProducers(writer: ByteWriter, producers: readonly Producer[]): void {
  const fields = Map.groupBy(producers, ({ field }) => field)
  writer.writeU32(fields.size)
  for (const [field, values] of fields) {
    writer.writeName(field)
    writer.writeU32(values.length)
    for (const { name, version } of values) {
      writer.writeName(name)
      writer.writeName(version)
    }
  }
}

/** Writes the contents of a `target_features` section behind its name. */
export function writeTargetFeatures(writer: ByteWriter, features: readonly TargetFeature[]): void {
  writer.writeU32(features.length)
  for (const { prefix, name } of features) {
    writer.writeByte(prefix.charCodeAt(0))
    writer.writeName(name)
  }
}
