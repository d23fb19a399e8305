import type { RedirectFailure, RedirectRefusal } from '../protocol/validation-failure.ts';

/** Why a redirect is not followed, with the phrases that users of Let's Encrypt search for. */
const REFUSAL_WORDS: Readonly<Record<RedirectRefusal, string>> = {
  'too-many': 'Too many redirects',
  loop: 'Redirect loop detected',
  status: 'received disallowed redirect status code',
  scheme: 'Invalid protocol scheme in redirect target. Only http and https are followed, not',
  port: 'Invalid port in redirect target',
  'empty-host': 'Invalid empty host in redirect target',
  'missing-slash':
    "Invalid host in redirect target. Check webserver config for missing '/' in redirect target. The host is",
  'ip-literal': 'Invalid host in redirect target: redirects to IP addresses are not followed',
  'scope-zone': 'Invalid host in redirect target: it contains scope zone',
  'reserved-address': 'Invalid host in redirect target: IP address is in a reserved address block',
  'public-suffix': 'Invalid host in redirect target: it must end in IANA registered TLD',
  'too-long': 'Redirect target too long',
  unparseable: 'Invalid redirect target: the Location header is no URL',
  'old-tls': 'the redirect came over a connection older than TLSv1.2',
};

const JOINED_BY_SPACE: readonly RedirectRefusal[] = ['scheme', 'missing-slash', 'status'];

/** The refusal in words. */
export function redirectWords({ refusal, detail }: RedirectFailure): string {
  if (detail === undefined) return REFUSAL_WORDS[refusal];
  return `${REFUSAL_WORDS[refusal]}${JOINED_BY_SPACE.includes(refusal) ? ' ' : ': '}${detail}`;
}
