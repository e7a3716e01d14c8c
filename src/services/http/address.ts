import { isIP } from 'node:net'

/*
 * Which addresses a request may be sent to.
 *
 * Everything that is not a public unicast address is refused: private networks, this host, this link, shared address space of
 * carriers, multicast, reserved and documentation ranges, and every IPv6 form that carries an IPv4 address in it, since the
 * network would send it on to wherever that points. A rule may name ranges; a name in the form of an address is one.
 */

/** An address as bits, with the number of them. */
interface Bits {
  readonly value: bigint
  readonly size: 32 | 128
}

/** IANA special-purpose registry, IPv4: what is not globally reachable, and multicast. */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** Global unicast; outside of it are mapped and translated IPv4 (::ffff:0:0/96, 64:ff9b::/96), unique local, link-local, multicast. */
const GLOBAL_V6 = '2000::/3'
/** IETF protocols with Teredo and ORCHID, documentation, 6to4. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']

const SPECIAL_V4_RANGES = SPECIAL_V4.map(parseRange)
const SPECIAL_V6_RANGES = SPECIAL_V6.map(parseRange)
const GLOBAL_V6_RANGE = parseRange(GLOBAL_V6)

/** What the name `localhost` in a rule stands for. */
const LOOPBACK = ['127.0.0.0/8', '::1']

interface Range {
  readonly base: Bits
  readonly bits: number
}

/** Tells whether an address is a public one. */
export function isPublicAddress(address: string): boolean {
  const bits = parseAddress(address)
  if (bits === null) return false
  if (bits.size === 32) return !SPECIAL_V4_RANGES.some((range) => contains(range, bits))
  return contains(GLOBAL_V6_RANGE, bits) && !SPECIAL_V6_RANGES.some((range) => contains(range, bits))
}

/** Tells whether an address lies in one of the ranges that a rule names. */
export function isNamedAddress(address: string, ranges: readonly string[]): boolean {
  const bits = parseAddress(address)
  return bits !== null && ranges.some((range) => contains(parseRange(range), bits))
}

/** Lists the ranges that a rule names: those under `addresses`, and its host if that is an address. */
export function namedRanges(rule: {
  readonly pattern: { readonly host: string }
  readonly addresses: readonly string[]
}): readonly string[] {
  const { host } = rule.pattern
  if (host === 'localhost') return [...rule.addresses, ...LOOPBACK]
  return isIP(host) === 0 ? rule.addresses : [...rule.addresses, host]
}

function contains({ base, bits }: Range, address: Bits): boolean {
  if (base.size !== address.size) return false
  const shift = BigInt(base.size - bits)
  return base.value >> shift === address.value >> shift
}

function parseRange(text: string): Range {
  const [address = '', bits] = text.split('/')
  const base = parseAddress(address) ?? { value: 0n, size: 32 }
  return { base, bits: bits === undefined ? base.size : Number(bits) }
}

/** Reads an address in any of its forms; null for one that is none, zones included. */
function parseAddress(text: string): Bits | null {
  const version = text.includes('%') ? 0 : isIP(text)
  if (version === 0) return null
  if (version === 4) return { value: joinParts(text.split('.').map(Number), 8n), size: 32 }
  // The URL parser writes the one form without IPv4 parts.
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::')
  const left = toWords(head)
  const right = toWords(tail ?? '')
  const zeros = Array.from({ length: tail === undefined ? 0 : 8 - left.length - right.length }, () => 0)
  return { value: joinParts([...left, ...zeros, ...right], 16n), size: 128 }
}

function toWords(text: string): number[] {
  return text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
}

function joinParts(parts: readonly number[], bits: bigint): bigint {
  return parts.reduce((value, part) => (value << bits) | BigInt(part), 0n)
}
