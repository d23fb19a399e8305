import type { LookupOutcome } from './lookup.ts';
import type {
  ConnectFailure,
  ExchangeFailure,
  FailedLookup,
  RedirectFailure,
  TlsFailure,
  ValidationFailure,
} from './validation-failure.ts';

/** What a failed validation is called: in logs, in `touchstone explain`, and as a section of docs/diagnosis.md. */
export const FAILURE_CLASSES = [
  'nxdomain',
  'servfail',
  'dns-timeout',
  'dns-error',
  'no-address',
  'address-not-allowed',
  'ipv6-timeout-no-ipv4',
  'both-families-timeout',
  'connect-timeout',
  'redirect-ipv6-timeout',
  'connection-refused',
  'unreachable',
  'connection-reset',
  'connection-closed',
  'own-host',
  'silent',
  'slow',
  'not-http',
  'headers-too-long',
  'status-404',
  'status-other',
  'body-too-long',
  'wrong-content',
  'redirect-refused',
  'too-many-redirects',
  'redirect-loop',
  'tls-handshake',
  'tls-version',
  'not-tls',
  'wrong-alpn',
  'wrong-certificate',
  'no-txt',
  'wrong-txt',
  'persist-record',
  'caa-forbids',
  'caa-lookup',
  'perspectives-disagree',
  'overall-timeout',
  'internal',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** The class of a failure, from its facts alone. */
export function failureClassOf(failure: ValidationFailure): FailureClass {
  if (isOwnHostFault(failure)) return 'own-host';
  switch (failure.class) {
    case 'lookup':
      return classOfLookups(failure.lookups);
    case 'no-address':
      return failure.filtered.length > 0 ? 'address-not-allowed' : 'no-address';
    case 'connect':
      return classOfDial(failure);
    case 'exchange':
      return classOfExchange(failure);
    case 'tls':
      return classOfTls(failure);
    case 'redirect':
      return classOfRedirect(failure);
    case 'status':
      return failure.status === 404 ? 'status-404' : 'status-other';
    case 'alpn':
      return 'wrong-alpn';
    case 'certificate':
      return 'wrong-certificate';
    case 'persist':
      return 'persist-record';
    case 'caa':
      return 'caa-forbids';
    case 'perspectives':
      return 'perspectives-disagree';
    case 'body-too-long':
    case 'wrong-content':
    case 'no-txt':
    case 'wrong-txt':
    case 'caa-lookup':
    case 'overall-timeout':
    case 'internal':
      return failure.class;
  }
}

const LOOKUP_CLASSES: readonly (readonly [LookupOutcome, FailureClass])[] = [
  ['timeout', 'dns-timeout'],
  ['servfail', 'servfail'],
  ['refused', 'dns-error'],
  ['other-rcode', 'dns-error'],
  ['network-error', 'dns-error'],
  ['malformed-answer', 'dns-error'],
  ['no-server', 'dns-error'],
  ['nxdomain', 'nxdomain'],
];

/** Where the two look-ups failed differently, that which the domain's owner can do least about comes first. */
function classOfLookups(lookups: readonly FailedLookup[]): FailureClass {
  const found = LOOKUP_CLASSES.find(([outcome]) => lookups.some((lookup) => lookup.outcome === outcome));
  return found?.[1] ?? 'no-address';
}

/**
 * The operating system's refusals that come before any packet leaves: nothing is known of the other host then. No ICMP message
 * becomes EPERM, so that it is this host's. EACCES is not among them: over IPv6 Linux gives it for what a firewall elsewhere says.
 */
const OWN_HOST_CODES: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM'];

/** True when a dial or a look-up failed for want of something on this CA's own host. */
export function isOwnHostFault(failure: ValidationFailure): boolean {
  switch (failure.class) {
    case 'connect':
      return (
        lacksLocalAddress(failure) || (failure.code !== undefined && OWN_HOST_CODES.includes(failure.code))
      );
    case 'lookup':
      return failure.lookups.some(({ lacksSource }) => lacksSource !== undefined);
    case 'caa-lookup':
      return failure.lookup.lacksSource !== undefined;
    default:
      return false;
  }
}

/** True when this CA's host does not have the address that the perspective is told to dial from. */
export function lacksLocalAddress({ kind, code }: ConnectFailure): boolean {
  // Where none is told, the kernel says the same of an address that it has no way to, and the kind is another one.
  return kind === 'other' && code === 'EADDRNOTAVAIL';
}

function classOfDial(failure: ConnectFailure): FailureClass {
  switch (failure.kind) {
    case 'timeout':
      return classOfDialTimeout(failure);
    case 'refused':
      return 'connection-refused';
    case 'host-unreachable':
    case 'network-unreachable':
      return 'unreachable';
    case 'reset':
      return 'connection-reset';
    case 'other':
      return 'unreachable';
  }
}

/** A rule is named where the host had another address: docs/address-family-rules.md. */
function classOfDialTimeout({ family, rule, earlier }: ConnectFailure): FailureClass {
  if (earlier?.kind === 'timeout') return 'both-families-timeout';
  if (family !== 'ipv6') return 'connect-timeout';
  if (rule === 'redirect-no-retry') return 'redirect-ipv6-timeout';
  return rule === undefined ? 'ipv6-timeout-no-ipv4' : 'connect-timeout';
}

function classOfExchange({ kind }: ExchangeFailure): FailureClass {
  switch (kind) {
    case 'reset':
      return 'connection-reset';
    case 'closed':
      return 'connection-closed';
    case 'http2':
      return 'not-http';
    default:
      return kind;
  }
}

function classOfTls({ kind }: TlsFailure): FailureClass {
  switch (kind) {
    case 'version':
      return 'tls-version';
    case 'not-tls':
      return 'not-tls';
    case 'no-alpn':
      return 'wrong-alpn';
    default:
      return 'tls-handshake';
  }
}

function classOfRedirect({ refusal }: RedirectFailure): FailureClass {
  if (refusal === 'too-many') return 'too-many-redirects';
  return refusal === 'loop' ? 'redirect-loop' : 'redirect-refused';
}
