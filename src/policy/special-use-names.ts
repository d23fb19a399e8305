export interface SpecialUseName {
  readonly name: string;
  readonly source: string;
}

/**
 * IANA's registry of special-use domain names (RFC 6761 section 5): names that mean something else than a host of the public DNS
 * to some software, and all names below them. Most have no public suffix; some do, `onion` and those below `arpa` among them.
 * Left out are example.com, example.net and example.org, which software should use as it would other names (section 6.5).
 */
const NAMES: readonly (readonly [name: string, source: string])[] = [
  ['alt', 'RFC 9476'],
  ['6tisch.arpa', 'RFC 9031'],
  ['eap-noob.arpa', 'RFC 9140'],
  ['home.arpa', 'RFC 8375'],
  ['10.in-addr.arpa', 'RFC 6761'],
  ...Array.from({ length: 16 }, (_, index) => [`${index + 16}.172.in-addr.arpa`, 'RFC 6761'] as const),
  ['168.192.in-addr.arpa', 'RFC 6761'],
  ['254.169.in-addr.arpa', 'RFC 6762'],
  ['170.0.0.192.in-addr.arpa', 'RFC 8880'],
  ['171.0.0.192.in-addr.arpa', 'RFC 8880'],
  ['8.e.f.ip6.arpa', 'RFC 6762'],
  ['9.e.f.ip6.arpa', 'RFC 6762'],
  ['a.e.f.ip6.arpa', 'RFC 6762'],
  ['b.e.f.ip6.arpa', 'RFC 6762'],
  ['ipv4only.arpa', 'RFC 8880'],
  ['resolver.arpa', 'RFC 9462'],
  ['service.arpa', 'RFC 9665'],
  ['example', 'RFC 6761'],
  ['invalid', 'RFC 6761'],
  ['local', 'RFC 6762'],
  ['localhost', 'RFC 6761'],
  ['onion', 'RFC 7686'],
  ['test', 'RFC 6761'],
];

const SOURCES: ReadonlyMap<string, string> = new Map(NAMES);

/** The special-use name that a lower-case name is or lies below, or undefined for a name of the public DNS. */
export function specialUseName(name: string): SpecialUseName | undefined {
  for (let rest = name; rest !== ''; rest = parentOf(rest)) {
    const source = SOURCES.get(rest);
    if (source !== undefined) return { name: rest, source };
  }
  return undefined;
}

function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return dot === -1 ? '' : name.slice(dot + 1);
}
