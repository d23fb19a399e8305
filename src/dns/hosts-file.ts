import { isIP } from 'node:net';
import { normaliseName } from './host-name.ts';
import { canonicalAddress } from './ip-address.ts';

/** Addresses by normalised name, in the order of the file. */
export type HostsTable = ReadonlyMap<string, readonly string[]>;

/**
 * Parses the text of /etc/hosts, hosts(5): an address, then its names, `#` begins a comment. Lines that do not begin
 * with an address are skipped, and so are addresses with a zone, which mean something on one interface only.
 */
export function parseHostsFile(text: string): HostsTable {
  const table = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = (line.split('#', 1)[0] ?? '').trim().split(/\s+/);
    if (isIP(address) === 0 || address.includes('%')) continue;
    const canonical = canonicalAddress(address);
    for (const name of names.map(normaliseName)) {
      const addresses = table.get(name);
      if (addresses === undefined) table.set(name, [canonical]);
      else if (!addresses.includes(canonical)) addresses.push(canonical);
    }
  }
  return table;
}
