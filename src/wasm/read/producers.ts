import { isCaxtonError } from '../../core/index.ts'
import { ByteReader } from '../byte-reader.ts'
import type { CustomSection, Producer, TargetFeature } from '../module-info.ts'

const MOST_ENTRIES = 1_000

/** Reads the `producers` section; one that cannot be read gives the entries up to the fault. */
export function readProducers(bytes: Uint8Array, section: CustomSection | undefined): Producer[] {
  const producers: Producer[] = []
  readLeniently(bytes, section, (reader) => {
    for (let fields = reader.readCount('fields', MOST_ENTRIES); fields > 0; fields--) {
      const field = reader.readName('a field')
      for (let count = reader.readCount('values', MOST_ENTRIES); count > 0; count--) {
        const name = reader.readName('a name')
        producers.push({ field, name, version: reader.readName('a version') })
      }
    }
  })
  return producers
}

/** Reads the `target_features` section; one that cannot be read gives the entries up to the fault. */
export function readTargetFeatures(bytes: Uint8Array, section: CustomSection | undefined): TargetFeature[] {
  const features: TargetFeature[] = []
  readLeniently(bytes, section, (reader) => {
    for (let count = reader.readCount('features', MOST_ENTRIES); count > 0; count--) {
      const prefix = String.fromCharCode(reader.readByte('a prefix'))
      features.push({ prefix, name: reader.readName('a feature') })
    }
  })
  return features
}

function readLeniently(
  bytes: Uint8Array,
  section: CustomSection | undefined,
  read: (reader: ByteReader) => void,
): void {
  if (section === undefined) return
  try {
    read(new ByteReader(bytes, section.offset, section.offset + section.size))
  } catch (error) {
    if (!isCaxtonError(error)) throw error
  }
}
