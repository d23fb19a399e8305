import type { RecordType } from './resolver.ts';

const ADDRESSES: Readonly<Record<RecordType, readonly string[]>> = {
  A: ['127.0.0.1'],
  AAAA: ['::1'],
  TXT: [],
  CAA: [],
};

/**
 * RFC 6761 section 6.3: `localhost` and every name below it are the loopback addresses, for all other types there is
 * nothing, and no server is ever asked. `ipv4.localhost`, `ipv6.localhost` and the names below them have one family
 * only: for trying the address rules without DNS. Undefined for all other (normalised) names.
 */
export function findLocalhost(name: string, type: RecordType): readonly string[] | undefined {
  if (!isAtOrBelow(name, 'localhost')) return undefined;
  if (type === 'AAAA' && isAtOrBelow(name, 'ipv4.localhost')) return [];
  if (type === 'A' && isAtOrBelow(name, 'ipv6.localhost')) return [];
  return ADDRESSES[type];
}

function isAtOrBelow(name: string, top: string): boolean {
  return name === top || name.endsWith(`.${top}`);
}
