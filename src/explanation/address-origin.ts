import type { AddressFamily } from '../protocol/address-family-rule.ts';
import type { LookupSource } from '../protocol/lookup.ts';

/** An address that validation used, and who said that it is the host's. */
export interface AddressOrigin {
  readonly hostname: string;
  readonly family: AddressFamily;
  readonly address: string;
  /** Absent for a literal address. */
  readonly source?: LookupSource;
  /** True for an IPv6 address beside which the host has none. */
  readonly alone?: boolean;
}

/** How to lead validation to another address instead: `, or ...` for the end of a sentence, or nothing. */
export function orAnotherAddress({ hostname, family, address, source, alone }: AddressOrigin): string {
  const noAaaa =
    alone === true
      ? ', or correct the AAAA record, or add an A record beside it'
      : ', or remove the AAAA record if it is wrong';
  switch (source?.kind) {
    case 'configured-hosts':
      return `, or give the address that is meant with --host ${hostname}=ADDRESS (dns.hosts says ${address})`;
    case 'localhost':
      // RFC 6761 section 6.3: we answer these names ourselves, so that there is no record to remove.
      return family === 'ipv6' ? `, or start Touchstone with --host ${hostname}=127.0.0.1` : '';
    case 'hosts-file':
      return `, or take ${address} away from ${hostname} in /etc/hosts`;
    case 'server':
      return family === 'ipv6' ? noAaaa : ', or correct the A record';
    case undefined:
      return family === 'ipv6' && !isLiteralAddress(hostname) ? noAaaa : '';
  }
}

/**
 * What else to think of where a wrong answer over IPv6 had an IPv4 address beside it, which a rule then kept from being tried: a
 * sentence with a space in front, or nothing.
 */
export function rightOverIpv4({ rule, url, hostname }: RuledFailure): string {
  if (rule === undefined) return '';
  const host = hostname ?? hostOf(url ?? '');
  // RFC 6761 section 6.3: such names have no records that could be removed.
  return host === 'localhost' || host.endsWith('.localhost')
    ? ' IPv4 may lead to the right server.'
    : ' Or remove the AAAA record, if only IPv4 is right.';
}

interface RuledFailure {
  readonly rule?: string;
  readonly url?: string;
  readonly hostname?: string;
}

/** Where to give a name `what`, when none of its addresses could be used: the beginning of a sentence. */
export function giveAddress(what: string, hostname: string, source: LookupSource | undefined): string {
  switch (source?.kind) {
    case 'configured-hosts':
    case 'localhost':
      return `Give the name ${what} with --host ${hostname}=ADDRESS`;
    case 'hosts-file':
      return `Give the name ${what} in /etc/hosts`;
    default:
      return `Give the name ${what}`;
  }
}

/** The host of a URL, without the brackets of an IPv6 address. */
export function hostOf(url: string): string {
  const host = URL.canParse(url) ? new URL(url).hostname : url;
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** True for an address where a name could be. */
export function isLiteralAddress(hostname: string): boolean {
  return hostname.includes(':') || /^[0-9.]+$/.test(hostname);
}

/** `ADDRESS:PORT`, `[V6]:PORT`. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
