import type { Listener } from '../runtime/listener.ts';
import type { AcmeConfig } from './listening-config.ts';

/** The directory's URL over each family that is listened on, and by name. */
export interface DirectoryUrls {
  readonly ipv4: string | undefined;
  readonly ipv6: string | undefined;
  readonly localhost: string;
}

/** The loopback addresses that could be listened on in place of all interfaces; undefined when that is not so. */
export function loopbackInstead(addresses: readonly string[]): string | undefined {
  if (!addresses.some((address) => address in LOOPBACK)) return undefined;
  return [...new Set(addresses.map((address) => LOOPBACK[address] ?? address))].join(',');
}

const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Where clients on this host find the directory; a configured external URL stands for all of them. */
export function directoryUrls(
  acme: AcmeConfig,
  listener: Pick<Listener, 'port' | 'addresses'>,
): DirectoryUrls {
  const { externalUrl } = acme;
  if (externalUrl !== undefined) {
    const url = `${externalUrl}/dir`;
    return { ipv4: url, ipv6: url, localhost: url };
  }
  const at = (host: string): string =>
    `${acme.tls.enabled ? 'https' : 'http'}://${host}:${listener.port}/dir`;
  const ipv4 = listener.addresses.find((address) => !address.includes(':'));
  const ipv6 = listener.addresses.find((address) => address.includes(':'));
  const everywhere = ipv4 === '0.0.0.0' || ipv4 === '127.0.0.1' || ipv6 === '::' || ipv6 === '::1';
  const urls = {
    ipv4: ipv4 === undefined ? undefined : at(ipv4 === '0.0.0.0' ? '127.0.0.1' : ipv4),
    ipv6: ipv6 === undefined ? undefined : at(`[${ipv6 === '::' ? '::1' : ipv6}]`),
  };
  return { ...urls, localhost: everywhere ? at('localhost') : (urls.ipv4 ?? urls.ipv6 ?? at('localhost')) };
}
