import type { IncomingMessage } from 'node:http';
import { AcmeError } from '../../protocol/acme-error.ts';

const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** Where a request was addressed to. */
export interface RequestAddress {
  /** Scheme and authority, for instance `https://[::1]:14000`. */
  readonly base: string;
  /** Path and query as sent. */
  readonly target: string;
}

/**
 * How the client addressed the request: with the scheme of the listener and the authority of the Host header, or, where
 * it is set, with the external URL. Throws `malformed` when Host is missing, repeated or not an authority (RFC 9112
 * section 3.2), since every URL in the answer would follow it.
 */
export function requestAddress(request: IncomingMessage, externalUrl: string | undefined): RequestAddress {
  const { target, authority: inTarget } = splitTarget(request.url ?? '/');
  const hosts = request.rawHeaders.filter(
    (text, index) => index % 2 === 0 && text.length === 4 && text.toLowerCase() === 'host',
  );
  if (hosts.length > 1) throw badHost('has more than one Host header');
  const authority = inTarget ?? request.headers.host;
  if (authority === undefined || authority === '') {
    // Proxies may still speak HTTP/1.0, which has no Host.
    if (externalUrl !== undefined && request.httpVersion === '1.0') return { base: externalUrl, target };
    throw badHost('has no Host header');
  }
  if (!isAuthority(authority)) throw badHost('was sent to an authority that is not HOST or HOST:PORT');
  if (externalUrl !== undefined) return { base: externalUrl, target };
  const isTls = 'encrypted' in request.socket && request.socket.encrypted === true;
  return { base: isTls ? baseOf('https', authority, ':443') : baseOf('http', authority, ':80'), target };
}

/** The expression keeps user names and quotes out, the parser ports above 65535 and addresses that are none. */
function isAuthority(text: string): boolean {
  return AUTHORITY.test(text) && URL.canParse(`http://${text}/`);
}

/** The path that is asked for, whichever form the request has (RFC 9112 section 3.2), without its query. */
export function pathOf(url = '/'): string {
  return splitTarget(url).target.replace(/\?.*$/, '');
}

/** The scheme's own port is left out, as clients leave it out of Host. */
function baseOf(scheme: string, authority: string, defaultPort: string): string {
  const host = authority.endsWith(defaultPort) ? authority.slice(0, -defaultPort.length) : authority;
  return `${scheme}://${host}`;
}

/** RFC 9112 section 3.2.2: the absolute form must be understood, and its authority wins over Host. */
function splitTarget(url: string): { readonly target: string; readonly authority?: string } {
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (absolute?.[1] === undefined) return { target: url };
  const rest = absolute[2] ?? '';
  return { target: rest.startsWith('/') ? rest : `/${rest}`, authority: absolute[1] };
}

function badHost(what: string): AcmeError {
  return new AcmeError(
    'malformed',
    `The request ${what}. The URLs of the answer follow it, so exactly one is needed, such as "Host: localhost:14000".`,
  );
}
