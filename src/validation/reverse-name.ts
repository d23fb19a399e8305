import { ipAddressToBytes } from '../x509/ip-address.ts';

/**
 * The name of an address below in-addr.arpa (RFC 1035 section 3.5) or ip6.arpa (RFC 3596 section 2.5), without the final dot:
 * what stands for the address in a TLS server name (RFC 8738 section 6). Throws a RangeError for a text that is no address.
 */
export function reverseName(address: string): string {
  const octets = [...ipAddressToBytes(address)].reverse();
  if (octets.length === 4) return `${octets.join('.')}.in-addr.arpa`;
  const nibbles = octets.flatMap((octet) => [octet & 0x0f, octet >> 4]);
  return `${nibbles.map((nibble) => nibble.toString(16)).join('.')}.ip6.arpa`;
}
