import { isCoveredBy } from '../core/index.ts'
import type { FilesGrant, GrantName, Grants, LogLevel } from './grants.ts'
import { covers, LOG_LEVELS } from './grants.ts'
import type { HttpPattern, HttpRule } from './http-grant.ts'
import { mayCallTool, parseToolName } from './tool-grant.ts'

/*
 * What one agent may hand to another: never more than it has.
 *
 * 1. `narrow` answers a grant that allows nothing its source does not, or null. There is no other way to make one of another.
 * 2. What a narrowed grant uses over time counts for its source, too: many small ones are not a large one.
 */

/** Narrows one grant: returns what `wanted` leaves of `whole`, null if it asks for anything that `whole` does not allow. */
type Narrow<Name extends GrantName> = (wanted: Grants[Name], whole: Grants[Name]) => Grants[Name] | null

const NARROW: { readonly [Name in GrantName]: Narrow<Name> } = {
  send: (wanted, whole) =>
    keepIf(
      wanted,
      wanted.every((address) => covers(whole, address)),
    ),
  publish: (wanted, whole) =>
    keepIf(
      wanted,
      wanted.every((pattern) => isCoveredBy(pattern, whole)),
    ),
  subscribe: (wanted, whole) =>
    keepIf(
      wanted,
      wanted.every((pattern) => isCoveredBy(pattern, whole)),
    ),
  register: (wanted, whole) => keepIf(wanted, isSubset(wanted, whole)),
  directory: (wanted, whole) => keepIf(wanted, whole.includes('*') || isSubset(wanted, whole)),
  log: (wanted, whole) => keepIf(wanted, wanted === null || (whole !== null && rank(wanted) >= rank(whole))),
  clock: (wanted, whole) =>
    keepIf(wanted, wanted === null || (whole !== null && wanted.resolutionMicros >= whole.resolutionMicros)),
  random: (wanted, whole) =>
    keepIf(wanted, wanted === null || (whole !== null && (whole.source === 'secure' || isSame(wanted, whole)))),
  env: (wanted, whole) =>
    keepIf(
      wanted,
      Object.entries(wanted).every(([name, text]) => Object.hasOwn(whole, name) && whole[name] === text),
    ),
  files: (wanted, whole) =>
    keepIf(
      wanted,
      wanted.every((files) => whole.some((source) => isFilesWithin(files, source))),
    ),
  store: (wanted, whole) =>
    keepIf(wanted, wanted === null || (whole !== null && wanted.bytes <= whole.bytes && wanted.keys <= whole.keys)),
  timers: (wanted, whole) => keepIf(wanted, wanted === null || (whole !== null && wanted <= whole)),
  http: (wanted, whole) => {
    const rules = wanted.map((rule) => narrowHttpRule(rule, whole))
    return rules.includes(null) ? null : (rules as HttpRule[])
  },
  tools: (wanted, whole) =>
    keepIf(
      wanted,
      wanted.every((entry) => isToolWithin(entry, whole)),
    ),
  delegate: (wanted, whole) => keepIf(wanted, isSubset(wanted, whole)),
  spawn: (wanted, whole) =>
    keepIf(
      wanted,
      wanted === null ||
        (whole !== null && wanted.agents <= whole.agents && isSubset(wanted.templates, whole.templates)),
    ),
}

/** Narrows a grant to what is wanted of it. Cost: the product of the two lengths. */
export function narrowGrant<Name extends GrantName>(
  name: Name,
  wanted: Grants[Name],
  whole: Grants[Name],
): Grants[Name] | null {
  return NARROW[name](wanted, whole)
}

/** Narrows all grants at once; returns the name of the first that is wanted wider than it is held. */
export function narrowGrants(wanted: Grants, whole: Grants): Grants | GrantName {
  const narrowed: Partial<Record<GrantName, unknown>> = {}
  for (const name of Object.keys(NARROW) as GrantName[]) {
    const grant = narrowGrant(name, wanted[name], whole[name])
    if (grant === null && wanted[name] !== null) return name
    narrowed[name] = grant
  }
  return Object.freeze(narrowed) as unknown as Grants
}

/** Finds the rule that allows all of what a rule asks for, and makes of both the one that both allow. */
function narrowHttpRule(wanted: HttpRule, whole: readonly HttpRule[]): HttpRule | null {
  const source = whole.find(
    (rule) =>
      isPatternWithin(wanted.pattern, rule.pattern) &&
      isSubset(wanted.methods, rule.methods) &&
      isSubset(wanted.addresses, rule.addresses) &&
      isSubset(wanted.responseHeaders, rule.responseHeaders),
  )
  // Secrets are the host's: who narrows a rule can neither add one nor go without it.
  if (source === undefined || wanted.secrets.length > 0) return null
  const isSlower = wanted.rate.amount / wanted.rate.periodMs <= source.rate.amount / source.rate.periodMs
  return Object.freeze({
    ...wanted,
    secrets: source.secrets,
    redirects: Math.min(wanted.redirects, source.redirects),
    requestBytes: Math.min(wanted.requestBytes, source.requestBytes),
    responseBytes: Math.min(wanted.responseBytes, source.responseBytes),
    timeoutMs: Math.min(wanted.timeoutMs, source.timeoutMs),
    concurrency: Math.min(wanted.concurrency, source.concurrency),
    rate: isSlower ? wanted.rate : source.rate,
    within: source,
  })
}

function isPatternWithin(wanted: HttpPattern, whole: HttpPattern): boolean {
  if (wanted.scheme !== whole.scheme || wanted.port !== whole.port) return false
  const isHostWithin =
    whole.host === '*' ||
    wanted.host === whole.host ||
    (whole.host.startsWith('*.') && wanted.host !== '*' && wanted.host.endsWith(whole.host.slice(1)))
  if (!isHostWithin) return false
  return whole.isPrefix ? wanted.path.startsWith(whole.path) : !wanted.isPrefix && wanted.path === whole.path
}

function isToolWithin(entry: string, whole: readonly string[]): boolean {
  const name = parseToolName(entry)
  return whole.includes(entry) || (name !== null && mayCallTool(whole, name))
}

function isFilesWithin(wanted: FilesGrant, whole: FilesGrant): boolean {
  if (wanted.bytes > whole.bytes || wanted.files > whole.files) return false
  if (wanted.kind === 'memory') return whole.kind === 'memory' && isSame(wanted.preload, whole.preload)
  if (whole.kind !== 'host') return false
  const isBelow = wanted.path === whole.path || wanted.path.startsWith(whole.path.replace(/\/?$/, '/'))
  return isBelow && (wanted.access === 'ro' || whole.access === 'rw')
}

function keepIf<Value>(wanted: Value, isWithin: boolean): Value | null {
  return isWithin ? wanted : null
}

function isSubset<Item>(wanted: readonly Item[], whole: readonly Item[]): boolean {
  return wanted.every((item) => whole.includes(item))
}

function rank(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level)
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
