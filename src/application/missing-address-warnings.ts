import type { Listener } from '../runtime/listener.ts';

/** What a person should know of the configured addresses that this host does not have. */
export function missingAddressWarnings({
  addresses,
  missing,
}: Pick<Listener, 'addresses' | 'missing'>): readonly string[] {
  return missing.map(({ address, code }) => {
    const cannot = `this host cannot listen on ${address} (${code})`;
    switch (address) {
      case '::':
        return `${cannot}, so clients cannot use IPv6, and validation of names with an AAAA record will fail unless they are dialled over IPv4: say --set validation.ipv6=false, and --set acme.addresses=${addresses.join(',')} to be without this warning.`;
      case '0.0.0.0':
        return `${cannot}, so clients cannot use IPv4: say --set acme.addresses=${addresses.join(',')} to be without this warning.`;
      default:
        return `${cannot}: it does not have that address. Say --set acme.addresses=${addresses.join(',')} to be without this warning.`;
    }
  });
}
