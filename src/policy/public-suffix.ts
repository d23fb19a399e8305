import { parse } from 'tldts';

const OPTIONS = { allowPrivateDomains: false, extractHostname: false, validateHostname: false } as const;

/**
 * The ICANN public suffix that a lower-case name ends in, such as `co.uk`, or undefined when it ends in none. Suffixes of
 * the list's private section do not count, as at Let's Encrypt.
 */
export function publicSuffix(name: string): string | undefined {
  const { publicSuffix: suffix, isIcann } = parse(name, OPTIONS);
  return isIcann === true && suffix !== null ? suffix : undefined;
}
