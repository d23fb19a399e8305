import type { DnsResponse } from './dns-message.ts';

/** How one try with one server ended. */
export type ExchangeResult =
  | { readonly kind: 'response'; readonly response: DnsResponse }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'network-error'; readonly reason: string }
  /** The caller's signal ended it. */
  | { readonly kind: 'aborted' };
