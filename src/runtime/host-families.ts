import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * True when the host has any address, loopback included, of the literal address's family. A host whose IPv6 was switched
 * off still lets a program listen on `::`, where nobody can reach it.
 */
export function hostHasFamilyOf(address: string): boolean {
  const family = isIPv6(address) ? 'IPv6' : 'IPv4';
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => entry.family === family),
  );
}
