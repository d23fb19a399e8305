import ipaddr from 'ipaddr.js';

/** The 4 or 16 octets of an address. Throws a RangeError for a text that is no address. */
export function ipAddressToBytes(text: string): Uint8Array {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text) && !ipaddr.IPv6.isValid(text))
    throw new RangeError(`${text} is not an IP address.`);
  return Uint8Array.from(ipaddr.parse(text).toByteArray());
}

/** The canonical text (RFC 5952 for IPv6) of 4 or 16 octets; undefined for another number of them. */
export function ipAddressFromBytes(octets: Uint8Array): string | undefined {
  if (octets.length !== 4 && octets.length !== 16) return undefined;
  const address = ipaddr.fromByteArray([...octets]);
  return address.kind() === 'ipv6' ? (address as ipaddr.IPv6).toRFC5952String() : address.toString();
}

/** The canonical text of an address (RFC 5952 for IPv6). Throws a RangeError for a text that is no address. */
export function canonicalIpAddress(text: string): string {
  return ipAddressFromBytes(ipAddressToBytes(text)) ?? text;
}
