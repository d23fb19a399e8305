import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An address as numbers. A zone (`%eth0`) is ignored. Throws when the text is no address. */
export function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const address = text.replace(/%.*$/, '');
  // The library takes `::192.0.2.1` for IPv4-mapped, which it is not (RFC 4291 section 2.5.5); the URL parser writes it out.
  return address.includes('.') && isIPv6(address)
    ? ipaddr.parse(new URL(`http://[${address}]`).hostname.slice(1, -1))
    : ipaddr.parse(address);
}

/** The same, of an IPv4-mapped one the IPv4 address that it leads to. */
export function parseWithoutMapping(text: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const address = parseAddress(text);
  return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}
