import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { UsageError } from './usage-error.ts';

const LABELS = /^(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;

/**
 * Names as typed into names as ordered: lower case, international ones as RFC 5891's ASCII, each once. Throws UsageError for
 * what is no name, and for wildcards, which http-01 cannot prove (RFC 8555 section 8.3 and the CA/Browser Forum's rules).
 */
export function parseIssueNames(names: readonly string[]): readonly [string, ...string[]] {
  const [first, ...others] = new Set(names.map(parseName));
  if (first === undefined) throw new UsageError('name at least one domain, for instance first.localhost');
  return [first, ...others];
}

/** The name of a certificate's files, without ending: no path, and nothing that a file system takes amiss. */
export function fileStem(name: string): string {
  return name.replace(/^\*\./, '_wildcard.').replaceAll(':', '_');
}

function parseName(typed: string): string {
  if (isIP(typed) === 4) return typed;
  // A URL's host is written as RFC 5952 says, as the certificate writes it.
  if (isIP(typed) === 6) return new URL(`http://[${typed}]`).hostname.slice(1, -1);
  if (typed.startsWith('*.'))
    throw new UsageError(
      `${typed} is a wildcard. A wildcard is proved by dns-01, a record in the DNS, and this client speaks http-01 alone. Name each host (for instance www.${typed.slice(2)}), or use certbot or lego with a DNS hook.`,
    );
  const name = domainToASCII(typed.replace(/\.$/, ''));
  if (!LABELS.test(name) || name.length > 253)
    throw new UsageError(`${JSON.stringify(typed)} is no domain name and no IP address.`);
  return name;
}
