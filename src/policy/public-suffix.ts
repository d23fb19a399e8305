import { parse } from 'tldts';

/** True when the name ends in a suffix of the ICANN section of the Public Suffix List, such as `.com` or `.co.uk`. */
export function endsInPublicSuffix(hostname: string): boolean {
  return parse(hostname, { allowPrivateDomains: false, validateHostname: false }).isIcann === true;
}
