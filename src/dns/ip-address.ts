import { isIPv4, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { RecordType } from './resolver.ts';

/** The one text of an address (RFC 5952 section 4), so that texts can be compared. Throws for what is no address. */
export function canonicalAddress(text: string): string {
  return ipaddr.parse(text).toString();
}

/** Whether an address is what a record of the type holds; none is for TXT and CAA. */
export function isOfFamily(address: string, type: RecordType): boolean {
  return (type === 'A' && isIPv4(address)) || (type === 'AAAA' && isIPv6(address));
}
