import { isIP } from 'node:net';
import type { AddressPolicy } from '../protocol/address-family-rule.ts';
import type { Result } from '../protocol/result.ts';
import { accepted, refused } from '../protocol/result.ts';
import type { RedirectRefusal } from '../protocol/validation-failure.ts';
import type { AddressSettings } from './address-admission.ts';
import { judgeAddress } from './address-admission.ts';

export interface RedirectSettings extends AddressSettings {
  readonly policy: AddressPolicy;
  readonly httpPort: number;
  readonly tlsPort: number;
  /** How many are followed. Let's Encrypt documents 10; Boulder's code counts one further, and so does its policy here. */
  readonly maxRedirects: number;
  /** Present when targets must be public names. */
  readonly hasPublicSuffix?: (hostname: string) => boolean;
}

/** An answer that sends us elsewhere. */
export interface ReceivedRedirect {
  /** The absolute URL that was asked. */
  readonly from: string;
  readonly status: number;
  /** The Location header as received. */
  readonly location: string;
  /** Of the connection that the redirect came over, as Node names it; absent without TLS. */
  readonly tlsProtocol?: string;
  /** How many redirects this validation has followed so far. */
  readonly followed: number;
  /** The absolute URLs of all requests of this validation so far. */
  readonly visited: readonly string[];
}

export interface RedirectTarget {
  /** Absolute, with the port that is dialled unless it is the scheme's default; without fragment and user. */
  readonly url: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, no brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Path and query, as they go on the request line. */
  readonly path: string;
}

export interface RefusedRedirect {
  readonly refusal: RedirectRefusal;
  readonly detail?: string;
}

const FOLLOWED_STATUSES: readonly number[] = [301, 302, 307, 308];
/** Node's names of what is older than TLS 1.2. */
const OLD_TLS: readonly string[] = ['SSLv3', 'TLSv1', 'TLSv1.1'];
const PATH_LIMIT_BYTES = 2000;
/** Ours, for the URL with its query. */
const URL_LIMIT_BYTES = 4096;

/** Answers that point elsewhere. 300 and 304, and any of these without a Location, are final answers. */
export function isRedirect(status: number, location: string | undefined): location is string {
  return (status === 303 || FOLLOWED_STATUSES.includes(status)) && location !== undefined && location !== '';
}

/**
 * Decides whether a redirect is followed, and where it leads. RFC 8555 section 8.3 lets http-01 follow redirects; the
 * limits are Let's Encrypt's, in the order in which its code checks them.
 */
export function checkRedirect(
  redirect: ReceivedRedirect,
  settings: RedirectSettings,
): Result<RedirectTarget, RefusedRedirect> {
  const limit = settings.policy === 'boulder' ? settings.maxRedirects + 1 : settings.maxRedirects;
  if (redirect.followed >= limit) return refusal('too-many', `${limit} are followed`);
  if (redirect.tlsProtocol !== undefined && OLD_TLS.includes(redirect.tlsProtocol))
    return refusal('old-tls', redirect.tlsProtocol);
  if (!FOLLOWED_STATUSES.includes(redirect.status)) return refusal('status', String(redirect.status));
  const refusedText = checkLocationText(redirect.location);
  if (refusedText !== undefined) return { ok: false, refusal: refusedText };
  const url = parseLocation(redirect.location, redirect.from);
  if (url === undefined) return refusal('unparseable');
  const scheme = url.protocol === 'http:' ? 'http' : url.protocol === 'https:' ? 'https' : undefined;
  if (scheme === undefined) return refusal('scheme', url.protocol.slice(0, -1));
  const port = effectivePort(url, scheme, settings);
  if (port === undefined)
    return refusal('port', `${url.port}; only ${settings.httpPort} and ${settings.tlsPort} are allowed`);
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
  const refusedHost = checkHost(hostname, settings);
  if (refusedHost !== undefined) return { ok: false, refusal: refusedHost };
  if (Buffer.byteLength(url.pathname) > PATH_LIMIT_BYTES)
    return refusal('too-long', `its path has ${Buffer.byteLength(url.pathname)} bytes`);
  const target = absolute(url, port);
  if (target.length > URL_LIMIT_BYTES) return refusal('too-long', `its URL has ${target.length} bytes`);
  if (redirect.visited.includes(target)) return refusal('loop', target);
  return accepted({ url: target, scheme, hostname, port, path: `${url.pathname}${url.search}` });
}

function refusal(
  reason: RedirectRefusal,
  detail?: string,
): { readonly ok: false; readonly refusal: RefusedRedirect } {
  return refused(detail === undefined ? { refusal: reason } : { refusal: reason, detail });
}

/**
 * What the URL parser would silently mend: an empty host (it takes the first word of the path instead), a scope zone, and
 * backslashes, which it reads as slashes.
 */
function checkLocationText(location: string): RefusedRedirect | undefined {
  const address = location.split(/[?#]/, 1)[0] ?? '';
  if (/[\\\t]/.test(address)) return { refusal: 'unparseable' };
  if (/^(https?:)?\/\/[^/]*\[[^\]/]*%/i.test(address)) return { refusal: 'scope-zone' };
  const emptyHost = /^(?:https?:)?\/\/(?:[^/@]*@)?(?::[0-9]*)?(?:\/|$)/i.test(address);
  const noHost = /^https?:(?!\/\/)/i.test(address);
  return emptyHost || noHost ? { refusal: 'empty-host' } : undefined;
}

function parseLocation(location: string, base: string): URL | undefined {
  return URL.canParse(location, base) ? new URL(location, base) : undefined;
}

/**
 * A URL without a port, or with its scheme's default (which the parser drops), means the configured port of the scheme.
 * The configured numbers themselves are allowed, either one with either scheme.
 */
function effectivePort(
  url: URL,
  scheme: 'http' | 'https',
  settings: Pick<RedirectSettings, 'httpPort' | 'tlsPort'>,
): number | undefined {
  if (url.port === '') return scheme === 'http' ? settings.httpPort : settings.tlsPort;
  const port = Number(url.port);
  return port === settings.httpPort || port === settings.tlsPort ? port : undefined;
}

function checkHost(hostname: string, settings: RedirectSettings): RefusedRedirect | undefined {
  if (hostname === '') return { refusal: 'empty-host' };
  if (hostname.endsWith('.well-known')) return { refusal: 'missing-slash', detail: hostname };
  if (isIP(hostname) !== 0) {
    if (settings.policy !== 'boulder') return { refusal: 'ip-literal', detail: hostname };
    return refuseLiteral(hostname, settings);
  }
  const isPublic = settings.hasPublicSuffix?.(hostname) ?? true;
  return isPublic ? undefined : { refusal: 'public-suffix', detail: hostname };
}

function refuseLiteral(address: string, settings: AddressSettings): RefusedRedirect | undefined {
  const verdict = judgeAddress(address, settings);
  if (verdict.admitted) return undefined;
  if (verdict.because === 'denied')
    return {
      refusal: 'denied-address',
      detail: `${address} is in ${verdict.prefix} (validation.denyAddresses)`,
    };
  const { name, source } = verdict.block;
  return { refusal: 'reserved-address', detail: `${address} is in ${name} (${source})` };
}

function absolute(url: URL, port: number): string {
  const clean = new URL(url);
  clean.hash = '';
  clean.username = '';
  clean.password = '';
  clean.port = String(port);
  return clean.href;
}
