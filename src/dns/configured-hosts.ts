import { normaliseName } from './host-name.ts';
import { canonicalAddress, isOfFamily } from './ip-address.ts';
import type { RecordType } from './resolver.ts';

/** The names of the setting `dns.hosts`. */
export interface ConfiguredHosts {
  /**
   * The values for a normalised name and a type: empty when the name is configured without one (always for TXT and CAA), and
   * undefined when the name is not configured, so that others are asked.
   */
  find(name: string, type: RecordType): readonly string[] | undefined;
}

/**
 * Reads the table name -> addresses. `*.example.test` stands for every name below example.test, at any depth, as RFC
 * 4592 section 2.1.1 has it. An exact name beats a wildcard, and the longest wildcard wins.
 */
export function createConfiguredHosts(table: Readonly<Record<string, readonly string[]>>): ConfiguredHosts {
  const addresses = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(table)) {
    addresses.set(normaliseName(name), values.map(canonicalAddress));
  }
  return {
    find(name, type) {
      if (addresses.size === 0) return undefined;
      const found = addresses.get(name) ?? longestWildcard(addresses, name);
      return found?.filter((address) => isOfFamily(address, type));
    },
  };
}

function longestWildcard(
  addresses: ReadonlyMap<string, readonly string[]>,
  name: string,
): readonly string[] | undefined {
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const found = addresses.get(`*${name.slice(dot)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
