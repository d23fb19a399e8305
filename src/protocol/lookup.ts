/** The record types that validation asks for. */
export type LookupType = 'A' | 'AAAA' | 'TXT' | 'CAA';

/** Where an answer came from: the setting `dns.hosts`, RFC 6761's localhost, /etc/hosts, or a DNS server (`HOST:PORT`). */
export type LookupSource =
  | { readonly kind: 'configured-hosts' }
  | { readonly kind: 'localhost' }
  | { readonly kind: 'hosts-file' }
  | { readonly kind: 'server'; readonly server: string };

/** How a look-up ended. `empty` is NOERROR without a record of the type. */
export type LookupOutcome =
  | 'answered'
  | 'empty'
  | 'nxdomain'
  | 'servfail'
  | 'refused'
  | 'other-rcode'
  | 'timeout'
  | 'network-error'
  | 'malformed-answer'
  | 'no-server';
