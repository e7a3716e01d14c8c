import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { HttpRule } from '../../capability/index.ts'
import { CaxtonError } from '../../core/index.ts'
import { isNamedAddress, isPublicAddress, namedRanges } from './address.ts'

/** Finds the addresses of a host name. */
export type Resolver = (host: string) => Promise<readonly string[]>

/** The resolver of the system. */
export const resolveHost: Resolver = async (host) => {
  const found = await lookup(host, { all: true, order: 'verbatim' })
  return found.map(({ address }) => address)
}

/** Addresses of a host that are looked at. */
const MAX_ADDRESSES = 64

/**
 * Returns the address that a request is sent to. It is looked up once: what was checked is what is connected to, whatever the
 * name means a moment later.
 *
 * A name with one address that is not allowed is refused as a whole, because who answers such a thing is up to something.
 *
 * @throws CaxtonError ERR_HTTP_REFUSED, ERR_HTTP_FAILED for a name without an address
 */
export async function pinAddress(host: string, rule: HttpRule, resolver: Resolver): Promise<string> {
  const addresses = isIP(host) === 0 ? await findAddresses(host, resolver) : [host]
  const ranges = namedRanges(rule)
  for (const address of addresses) {
    if (isPublicAddress(address) || isNamedAddress(address, ranges)) continue
    const detail = `'${host}' is at ${address.slice(0, 64)}, which is not a public address and which the rule for ${rule.url} does not name`
    throw new CaxtonError('ERR_HTTP_REFUSED', { detail, data: { host, address: address.slice(0, 64) } })
  }
  return addresses[0]!
}

async function findAddresses(host: string, resolver: Resolver): Promise<readonly string[]> {
  let found: readonly string[]
  try {
    found = await resolver(host)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new CaxtonError('ERR_HTTP_FAILED', { detail: `'${host}' has no address (${code})`, data: { host, code } })
  }
  if (found.length === 0 || found.length > MAX_ADDRESSES) {
    throw new CaxtonError('ERR_HTTP_FAILED', { detail: `'${host}' has ${found.length} addresses`, data: { host } })
  }
  return found
}
