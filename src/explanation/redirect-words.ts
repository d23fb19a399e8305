import type { RedirectFailure, RedirectRefusal, StatusFailure } from '../protocol/validation-failure.ts';
import { brief } from './wording.ts';

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
  'denied-address': 'Invalid host in redirect target: this CA denies the IP address',
  'public-suffix': 'Invalid host in redirect target: it must end in IANA registered TLD',
  'too-long': 'Redirect target too long',
  unparseable: 'Invalid redirect target: the Location header is not a URL',
  'old-tls': 'the redirect came over a connection older than TLSv1.2',
};

const JOINED_BY_SPACE: readonly RedirectRefusal[] = ['scheme', 'missing-slash', 'status'];

/** The refusal in words. The URL of a loop is in front of them. */
export function redirectWords({ refusal, detail }: RedirectFailure): string {
  if (detail === undefined || refusal === 'loop') return REFUSAL_WORDS[refusal];
  return `${REFUSAL_WORDS[refusal]}${JOINED_BY_SPACE.includes(refusal) ? ' ' : ': '}${brief(detail)}`;
}

/** Statuses that redirect, and do so only with a Location: RFC 9110 section 15.4. */
const REDIRECT_STATUSES: readonly number[] = [301, 302, 303, 307, 308];

/** True for a redirect that does not say where to: as a final answer it is judged by its status. */
export function isWithoutLocation({ status }: StatusFailure): boolean {
  return REDIRECT_STATUSES.includes(status);
}

const SERVE = 'Serve the key authorization without this redirect, or redirect';

/** What to change about a redirect that is not followed. */
export function hintForRedirect({ refusal, address, earlier }: RedirectFailure): string {
  if (earlier !== undefined)
    return `The host has no loop: no connection was made to ${earlier.address} (${earlier.kind}), where the redirect led, and Boulder's code then began again over IPv4 and met the same redirect. Make ${earlier.address} take connections, or remove its record.`;
  switch (refusal) {
    case 'too-many':
      return `${SERVE} to where it is served in fewer steps.`;
    case 'loop':
      return `${SERVE} to a URL that was not asked before.`;
    case 'status':
      return `${SERVE} with status 301, 302, 307 or 308.`;
    case 'port':
      return `${SERVE} to a URL without a port, which means the one that this CA uses (validation.httpPort, validation.tlsPort).`;
    case 'missing-slash':
      return 'End the host in the redirect with a slash: nginx `https://example.com$request_uri` (which begins with one), Apache `Redirect / https://example.com/`.';
    case 'reserved-address':
      return `${SERVE} to a public address, or set validation.allowReservedAddresses=true for a lab with private ones.`;
    case 'denied-address':
      return `${SERVE} to an address that this CA does not deny, or let this one in with validation.allowAddresses.`;
    case 'public-suffix':
      return `${SERVE} to a public name, or set policy.requirePublicSuffix=false.`;
    case 'too-long':
      return `${SERVE} to a shorter URL.`;
    case 'old-tls':
      return `Make the server at ${address} speak TLS 1.2 or 1.3.`;
    case 'scheme':
    case 'empty-host':
    case 'ip-literal':
    case 'scope-zone':
    case 'unparseable':
      return `${SERVE} to an http or https URL with the name of a host.`;
  }
}
