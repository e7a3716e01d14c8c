import type { Status } from '../../capability/index.ts'
import { STATUS } from '../../capability/index.ts'
import { DIRECTORY_LIMITS, isName } from '../../core/index.ts'
import type { OfferFilter, OfferTerms, Properties, PropertyValue } from '../../router/index.ts'
import { parseObject } from '../answers.ts'

/** What an agent searches for, and how many of it at most. */
export interface Search {
  readonly filter: OfferFilter
  readonly limit: number
}

const OFFER_FIELDS: ReadonlySet<string> = new Set(['name', 'properties', 'ontology', 'lease_ms'])
const SEARCH_FIELDS: ReadonlySet<string> = new Set(['capability', 'properties', 'ontology', 'limit'])

/** Reads the JSON text of an offer. Returns what the guest is answered when it is none. */
export function parseOffer(text: string, nowMs: number): OfferTerms | Status {
  const fields = parseFields(text, OFFER_FIELDS)
  if (fields === null) return STATUS.INVALID
  const { name, lease_ms: leaseMs } = fields
  const said = parseSaid(fields)
  if (typeof said === 'number') return said
  if (typeof name !== 'string' || !isName(name)) return STATUS.INVALID
  if (leaseMs !== undefined && !isWhole(leaseMs, DIRECTORY_LIMITS.leaseMaxMs)) return STATUS.INVALID
  const untilMs = leaseMs === undefined ? null : nowMs + Math.max(leaseMs, DIRECTORY_LIMITS.leaseMinMs)
  const { properties = {}, ontology = null } = said
  return { capability: name, properties, ontology, untilMs }
}

/** Reads the JSON text of a search. Returns what the guest is answered when it is none. */
export function parseSearch(text: string): Search | Status {
  const fields = parseFields(text, SEARCH_FIELDS)
  if (fields === null) return STATUS.INVALID
  const { capability, limit = DIRECTORY_LIMITS.searchResults } = fields
  const said = parseSaid(fields)
  if (typeof said === 'number') return said
  if (!isWhole(limit, DIRECTORY_LIMITS.searchResults)) return STATUS.INVALID
  if (capability === undefined) return { filter: said, limit }
  return typeof capability === 'string' && isName(capability)
    ? { filter: { ...said, capability }, limit }
    : STATUS.INVALID
}

/** Reads the filter of a watch. Returns what the guest is answered when it is none. */
export function parseWatch(text: string): OfferFilter | Status {
  const search = parseSearch(text)
  return typeof search === 'number' ? search : search.filter
}

/** Reads the number of a watch; null for anything else, which a process in other hands could say. */
export function parseWatchId(bytes: Uint8Array): number | null {
  const text = String.fromCharCode(...bytes.subarray(0, 11))
  const id = Number(text)
  return /^\d{1,10}$/.test(text) && id <= 0xffff_ffff ? id : null
}

function parseFields(text: string, known: ReadonlySet<string>): Readonly<Record<string, unknown>> | null {
  const fields = parseObject(text)
  return fields === null || Object.keys(fields).some((name) => !known.has(name)) ? null : fields
}

interface Said {
  readonly properties?: Properties
  readonly ontology?: string
}

function parseSaid({ properties, ontology }: Readonly<Record<string, unknown>>): Said | Status {
  if (ontology !== undefined && typeof ontology !== 'string') return STATUS.INVALID
  if (ontology !== undefined && ontology.length > DIRECTORY_LIMITS.textChars) return STATUS.TOO_LARGE
  const parsed = properties === undefined ? undefined : parseProperties(properties)
  if (typeof parsed === 'number') return parsed
  return {
    ...(parsed === undefined ? {} : { properties: parsed }),
    ...(ontology === undefined ? {} : { ontology }),
  }
}

function parseProperties(value: unknown): Properties | Status {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return STATUS.INVALID
  const entries = Object.entries(value as Readonly<Record<string, unknown>>)
  if (entries.length > DIRECTORY_LIMITS.properties) return STATUS.TOO_LARGE
  for (const [name, property] of entries) {
    if (name === '' || !isPropertyValue(property)) return STATUS.INVALID
    if (name.length > DIRECTORY_LIMITS.propertyNameChars) return STATUS.TOO_LARGE
    if (typeof property === 'string' && property.length > DIRECTORY_LIMITS.textChars) return STATUS.TOO_LARGE
  }
  // Defines each, whatever its name: `__proto__` is a property like any other.
  return Object.fromEntries(entries) as Properties
}

function isPropertyValue(value: unknown): value is PropertyValue {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function isWhole(value: unknown, most: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most
}
