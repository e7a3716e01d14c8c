/** What a peer from npm exports. It is not there when types are checked. */
export type PeerModule = Readonly<Record<string, unknown>>

/**
 * Imports a package that is no dependency; null, and its name in `missing`, when it is not there.
 *
 * @param prove throws when the package does not work here: a native one may be built for another Node
 */
export async function loadPeer(
  name: string,
  missing: string[],
  prove: (peer: PeerModule) => void = () => {},
): Promise<PeerModule | null> {
  try {
    const peer = (await import(name)) as PeerModule
    prove(peer)
    return peer
  } catch {
    missing.push(name)
    return null
  }
}

/** Says how to bring what is missing; nothing when nothing is. */
export function describeMissing(missing: readonly string[]): string {
  if (missing.length === 0) return ''
  return ` Missing: ${missing.join(', ')}; \`npm install --no-save ${missing.join(' ')}\` with the Node of this checkout brings them.`
}
