import ipaddr from 'ipaddr.js';
import { parseAddress, parseWithoutMapping } from './literal-address.ts';

export interface ReservedBlock {
  readonly cidr: string;
  readonly name: string;
  readonly source: string;
}

/**
 * The IANA IPv4 and IPv6 special-purpose address registries (RFC 6890), every block of them, also those marked globally
 * reachable, since none of them is a host on the public Internet; and multicast, which is registered elsewhere.
 */
const BLOCKS: readonly (readonly [cidr: string, name: string, source: string])[] = [
  ['0.0.0.0/8', '"This network"', 'RFC 791 section 3.2'],
  ['0.0.0.0/32', '"This host on this network"', 'RFC 1122 section 3.2.1.3'],
  ['10.0.0.0/8', 'Private-Use', 'RFC 1918'],
  ['100.64.0.0/10', 'Shared Address Space', 'RFC 6598'],
  ['127.0.0.0/8', 'Loopback', 'RFC 1122 section 3.2.1.3'],
  ['169.254.0.0/16', 'Link Local', 'RFC 3927'],
  ['172.16.0.0/12', 'Private-Use', 'RFC 1918'],
  ['192.0.0.0/24', 'IETF Protocol Assignments', 'RFC 6890 section 2.1'],
  ['192.0.0.0/29', 'IPv4 Service Continuity Prefix', 'RFC 7335'],
  ['192.0.0.8/32', 'IPv4 dummy address', 'RFC 7600'],
  ['192.0.0.9/32', 'Port Control Protocol Anycast', 'RFC 7723'],
  ['192.0.0.10/32', 'Traversal Using Relays around NAT Anycast', 'RFC 8155'],
  ['192.0.0.170/32', 'NAT64/DNS64 Discovery', 'RFC 8880, RFC 7050 section 2.2'],
  ['192.0.0.171/32', 'NAT64/DNS64 Discovery', 'RFC 8880, RFC 7050 section 2.2'],
  ['192.0.2.0/24', 'Documentation (TEST-NET-1)', 'RFC 5737'],
  ['192.31.196.0/24', 'AS112-v4', 'RFC 7535'],
  ['192.52.193.0/24', 'AMT', 'RFC 7450'],
  ['192.88.99.0/24', 'Deprecated (6to4 Relay Anycast)', 'RFC 7526'],
  ['192.88.99.2/32', '6a44-relay anycast address', 'RFC 6751'],
  ['192.168.0.0/16', 'Private-Use', 'RFC 1918'],
  ['192.175.48.0/24', 'Direct Delegation AS112 Service', 'RFC 7534'],
  ['198.18.0.0/15', 'Benchmarking', 'RFC 2544'],
  ['198.51.100.0/24', 'Documentation (TEST-NET-2)', 'RFC 5737'],
  ['203.0.113.0/24', 'Documentation (TEST-NET-3)', 'RFC 5737'],
  ['224.0.0.0/4', 'Multicast', 'RFC 5771'],
  ['240.0.0.0/4', 'Reserved', 'RFC 1112 section 4'],
  ['255.255.255.255/32', 'Limited Broadcast', 'RFC 8190, RFC 919 section 7'],
  ['::1/128', 'Loopback Address', 'RFC 4291'],
  ['::/128', 'Unspecified Address', 'RFC 4291'],
  ['::ffff:0:0/96', 'IPv4-mapped Address', 'RFC 4291'],
  ['64:ff9b::/96', 'IPv4-IPv6 Translat.', 'RFC 6052'],
  ['64:ff9b:1::/48', 'IPv4-IPv6 Translat.', 'RFC 8215'],
  ['100::/64', 'Discard-Only Address Block', 'RFC 6666'],
  ['100:0:0:1::/64', 'Dummy IPv6 Prefix', 'RFC 9780'],
  ['2001::/23', 'IETF Protocol Assignments', 'RFC 2928'],
  ['2001::/32', 'TEREDO', 'RFC 4380, RFC 8190'],
  ['2001:1::1/128', 'Port Control Protocol Anycast', 'RFC 7723'],
  ['2001:1::2/128', 'Traversal Using Relays around NAT Anycast', 'RFC 8155'],
  ['2001:1::3/128', 'DNS-SD Service Registration Protocol Anycast', 'RFC 9665'],
  ['2001:2::/48', 'Benchmarking', 'RFC 5180'],
  ['2001:3::/32', 'AMT', 'RFC 7450'],
  ['2001:4:112::/48', 'AS112-v6', 'RFC 7535'],
  ['2001:10::/28', 'Deprecated (previously ORCHID)', 'RFC 4843'],
  ['2001:20::/28', 'ORCHIDv2', 'RFC 7343'],
  ['2001:30::/28', 'Drone Remote ID Protocol Entity Tags', 'RFC 9374'],
  ['2001:db8::/32', 'Documentation', 'RFC 3849'],
  ['2002::/16', '6to4', 'RFC 3056'],
  ['2620:4f:8000::/48', 'Direct Delegation AS112 Service', 'RFC 7534'],
  ['3fff::/20', 'Documentation', 'RFC 9637'],
  ['5f00::/16', 'Segment Routing (SRv6) SIDs', 'RFC 9602'],
  ['fc00::/7', 'Unique-Local', 'RFC 4193, RFC 8190'],
  ['fe80::/10', 'Link-Local Unicast', 'RFC 4291'],
  ['ff00::/8', 'Multicast', 'RFC 4291 section 2.7'],
];

const MOST_SPECIFIC_FIRST = BLOCKS.map(([cidr, name, source]) => {
  const [network, bits] = ipaddr.parseCIDR(cidr);
  return { network, bits, block: { cidr, name, source } };
}).sort((left, right) => right.bits - left.bits);

/**
 * The special-purpose block that a literal address lies in, the most specific one, or undefined for an ordinary address.
 * An IPv4-mapped IPv6 address counts as its IPv4 address, or else as mapped; a zone (`%eth0`) is ignored. Throws when the
 * text is not an address.
 */
export function reservedBlock(address: string): ReservedBlock | undefined {
  const parsed = parseAddress(address);
  const embedded =
    parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : undefined;
  return (embedded === undefined ? undefined : blockOf(embedded)) ?? blockOf(parsed);
}

/** True for an IPv6 address of `::ffff:0:0/96`, which leaves a host as IPv4 (RFC 4291 section 2.5.5.2). */
export function isIpv4Mapped(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress();
}

/** The literal address in one spelling, an IPv4-mapped one as the IPv4 address that it leads to. Throws when the text is none. */
export function withoutMapping(address: string): string {
  return parseWithoutMapping(address).toString();
}

function blockOf(address: ipaddr.IPv4 | ipaddr.IPv6): ReservedBlock | undefined {
  const found = MOST_SPECIFIC_FIRST.find(
    ({ network, bits }) => network.kind() === address.kind() && address.match(network, bits),
  );
  return found?.block;
}
