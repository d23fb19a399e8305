import { isIPv6 } from 'node:net';

/** Addresses of this host that outgoing packets leave from. Where a family has none, the kernel chooses. */
export interface LocalAddresses {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** The local address to reach the (literal) remote one from; undefined leaves the choice to the kernel. */
export function localAddressFor(remote: string, local: LocalAddresses): string | undefined {
  return isIPv6(remote) ? local.ipv6 : local.ipv4;
}
