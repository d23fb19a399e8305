import { isOwnHostFault, lacksLocalAddress } from '../protocol/failure-class.ts';
import type {
  ConnectFailure,
  ExchangeFailure,
  LookupFailure,
  NoAddressFailure,
  NoTxtFailure,
  StatusFailure,
  TlsFailure,
  ValidationFailure,
} from '../protocol/validation-failure.ts';
import { giveAddress, hostOf, isLiteralAddress, orAnotherAddress, rightOverIpv4 } from './address-origin.ts';
import { hintForCaa } from './caa-words.ts';
import { hintForCertificate, hintForHandshake } from './certificate-words.ts';
import { isProhibited } from './connection-words.ts';
import { hintForContent } from './content-words.ts';
import { hintForPersist } from './persist-words.ts';
import { hintForOwnAddress, hintForPerspectives } from './perspectives-words.ts';
import { hintForRedirect, isWithoutLocation } from './redirect-words.ts';
import { hintForWrongTxt } from './txt-words.ts';
import { sentence } from './wording.ts';

/**
 * What to change so that the next attempt passes, for the person who runs the host. It stands behind the words that say
 * what happened and where, and so does not say it again.
 */
export function hintFor(failure: ValidationFailure): string {
  switch (failure.class) {
    case 'lookup':
    case 'no-address':
      return hintForAbsence(failure);
    case 'connect':
      return hintForConnect(failure);
    case 'exchange':
      return hintForExchange(failure);
    case 'tls':
      return failure.url === undefined ? hintForHandshake(failure) : hintForTls(failure);
    case 'redirect':
      return hintForRedirect(failure);
    case 'status':
      return hintForStatus(failure);
    case 'body-too-long':
    case 'wrong-content':
      return hintForContent(failure);
    case 'no-txt':
      return hintForNoTxt(failure);
    case 'wrong-txt':
      return hintForWrongTxt(failure);
    case 'persist':
      return hintForPersist(failure);
    case 'alpn':
    case 'certificate':
      return hintForCertificate(failure);
    case 'caa':
    case 'caa-lookup':
      return hintForCaa(failure);
    case 'perspectives':
      return hintForPerspectives(failure, hintFor);
    case 'overall-timeout':
      return 'Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.';
    case 'internal':
      return 'Make a new order, which brings new challenges.';
  }
}

function hintForAbsence(failure: LookupFailure | NoAddressFailure): string {
  const { hostname, addressSource: source } = failure;
  const reasons = (failure.filtered ?? []).map(({ reason }) => reason);
  const reserved = reasons.filter((reason) => reason.startsWith('reserved'));
  if (reserved.length > 0 && reserved.every((reason) => reason.includes('IPv4-mapped')))
    return isFromDns(failure)
      ? 'Put the IPv4 address into an A record: an IPv4-mapped address in an AAAA record never leads over IPv6.'
      : `${giveAddress('the IPv4 address itself', hostname, source)}: an IPv4-mapped one never leads over IPv6.`;
  if (reserved.length > 0) {
    if (source?.kind === 'localhost' || isLiteralAddress(hostname))
      return 'Set validation.allowReservedAddresses=true, for a lab.';
    return `${giveAddress('a public address', hostname, source)}, or set validation.allowReservedAddresses=true for a lab with private ones.`;
  }
  if (reasons.some((reason) => reason.startsWith('denied')))
    return `${denied(hostname, source)}, or let it in with validation.allowAddresses.`;
  if (reasons.length > 0)
    return isLiteralAddress(hostname)
      ? 'Set validation.ipv6=true.'
      : `${giveAddress('an IPv4 address', hostname, source)}, or set validation.ipv6=true.`;
  return failure.class === 'lookup' ? hintForLookup(failure) : addRecord(failure, failure.alias);
}

function denied(hostname: string, source: NoAddressFailure['addressSource']): string {
  return isLiteralAddress(hostname)
    ? 'Take the prefix out of validation.denyAddresses'
    : giveAddress('an address that this CA does not deny', hostname, source);
}

function isFromDns({ addressSource }: LookupFailure | NoAddressFailure): boolean {
  return addressSource === undefined || addressSource.kind === 'server';
}

function hintForLookup(failure: LookupFailure): string {
  const { hostname, lookups, expected } = failure;
  const lacking = lookups.find(({ lacksSource }) => lacksSource !== undefined)?.lacksSource;
  if (lacking !== undefined) return hintForOwnAddress(lacking.includes(':') ? 'ipv6' : 'ipv4', lacking);
  const isTxt = lookups.every(({ type }) => type === 'TXT');
  const ended = (...outcomes: readonly string[]) => lookups.some(({ outcome }) => outcomes.includes(outcome));
  if (ended('timeout', 'network-error', 'no-server')) {
    // --host gives addresses, and no TXT record.
    const otherwise = isTxt ? '' : `, or start Touchstone with --host ${hostname}=ADDRESS`;
    return `Check that the DNS servers of this CA can be reached (dns.servers)${otherwise}.`;
  }
  if (ended('servfail'))
    return 'Check the name servers of the domain, the delegation to them, and DNSSEC: the DNS server of this CA gets no usable answer.';
  if (lookups.some(({ brokenAlias }) => brokenAlias === true))
    return `Correct that CNAME, or another one on the way from ${hostname}.`;
  if (ended('refused', 'malformed-answer', 'other-rcode'))
    return 'Check the DNS server that was asked, or let this CA ask another one (dns.servers).';
  const alias = lookups.find((lookup) => lookup.alias !== undefined)?.alias;
  return isTxt ? hintForTxtName(hostname, { expected, alias }) : addRecord(failure, alias);
}

function addRecord({ hostname, from }: LookupFailure | NoAddressFailure, alias: string | undefined): string {
  // RFC 1034 section 3.6.2: beside a CNAME there can be no other record.
  const records =
    alias === undefined
      ? ['add an A or AAAA record that this CA sees (dns.servers)']
      : [`correct the alias (CNAME) of ${hostname}`, `add an A or AAAA record at ${alias}, where it leads`];
  const redirect = from === undefined ? [] : ['correct the redirect'];
  return sentence(
    [...redirect, ...records, `start Touchstone with --host ${hostname}=ADDRESS`].join(', or '),
  );
}

/** RFC 1035 section 2.3.4: a name that may be ordered can be too long with a label in front. */
const LONGEST_NAME = 253;

function hintForTxtName(name: string, record: Parameters<typeof addTxt>[0]): string {
  return name.length > LONGEST_NAME
    ? 'Use http-01 or tls-alpn-01, or a shorter name: this one leaves no room for the label in front.'
    : addTxt(record);
}

/** What the record is has to be said where no client knows it. */
function addTxt({
  expected,
  alias,
}: { readonly [part in 'expected' | 'alias']?: string | undefined }): string {
  const what = expected === undefined ? '' : ` "${expected}"`;
  const at = alias === undefined ? '' : ` at ${alias}`;
  return `Add the TXT record${what}${at} where this CA sees it (dns.servers), and wait until all name servers of the zone have it.`;
}

/** RFC 8555 section 8.3: http-01 proves no wildcard. */
function useHttp01({ wildcard }: NoTxtFailure): string {
  return wildcard === true
    ? 'Order each host by its name, with http-01, or a wildcard of a name that DNS servers answer for (dns.servers)'
    : 'Use http-01';
}

function hintForNoTxt(failure: NoTxtFailure): string {
  switch (failure.answerSource?.kind) {
    case 'localhost':
      return `${useHttp01(failure)}: names below localhost are answered by Touchstone itself (RFC 6761) and have no TXT records.`;
    case 'configured-hosts':
      return `${useHttp01(failure)}, or take the name out of dns.hosts (--host), which has addresses only: no DNS server is asked about it.`;
    default:
      return addTxt(failure);
  }
}

/** What a host without a way to an address sees when it dials it. */
const NO_WAY_CODES: readonly string[] = ['ENETUNREACH', 'EHOSTUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

function hintForConnect(failure: ConnectFailure): string {
  const { address, family, kind, port, code } = failure;
  if (lacksLocalAddress(failure)) return hintForOwnAddress(family);
  const source = failure.addressSource;
  const hostname = failure.hostname ?? hostOf(failure.url ?? address);
  // A rule is named where there was another address.
  const alone = failure.rule === undefined;
  const origin = { hostname, family, address, alone, ...(source === undefined ? {} : { source }) };
  const elsewhere = failure.redirected === true ? ', or correct the redirect' : '';
  const either = `${orAnotherAddress(origin)}${elsewhere}`;
  if (isProhibited(failure))
    return `Make the firewall of ${address}, or one on the way, pass connections to port ${port}${either}; a firewall or route of this CA's own host can say the same.`;
  const noWay = kind === 'host-unreachable' || kind === 'network-unreachable';
  if (noWay || (code !== undefined && NO_WAY_CODES.includes(code))) {
    const otherwise =
      family === 'ipv6' ? ', or set validation.ipv6=false if it has no IPv6' : ', and that the host is up';
    return `This machine found no way to that address: check its routing${otherwise}${elsewhere}.`;
  }
  if (isOwnHostFault(failure))
    return `This CA's own host did not let it connect (${code}): check its limits (open files, memory) and its firewall.`;
  if (kind === 'timeout') {
    const both =
      failure.earlier?.kind === 'timeout' ? `${failure.earlier.address}, which goes first, and to ` : '';
    return `Make firewalls and routers pass connections to ${both}${address} port ${port}${either}.`;
  }
  if (source?.kind === 'localhost' && family === 'ipv6')
    return `${origin.hostname} is this machine (RFC 6761): the server must also listen on ::1 (or [::]) port ${port}${either}.`;
  const server = failure.url === undefined ? 'Let the ACME client' : 'Make a web server';
  return `${server} listen at ${address} port ${port}${failure.rule !== undefined && family === 'ipv6' ? ' as well' : ''}${either}.`;
}

function hintForStatus(failure: StatusFailure): string {
  const { address } = failure;
  const serve = isWithoutLocation(failure)
    ? `Give the redirect a Location, or make the web server at ${address}`
    : `Make the web server at ${address}`;
  return `${serve} answer with status 200 and the key authorization.${rightOverIpv4(failure)}`;
}

/** How a TLS alert (RFC 8446 section 5.1) begins. */
const TLS_RECORD = String.raw`\x15\x03`;

function hintForExchange(failure: ExchangeFailure): string {
  switch (failure.kind) {
    case 'silent':
    case 'slow':
      return `What listens there does not answer in time: see its load and log.${rightOverIpv4(failure)}`;
    case 'http2':
      return 'Make the server speak HTTP/1.1 on the port that http-01 uses.';
    case 'not-http':
      return failure.start?.startsWith(TLS_RECORD) === true
        ? 'Check the port: what listens there speaks TLS, and is asked over plain HTTP.'
        : 'Check the port: what listens there does not speak HTTP/1.1 as it should.';
    case 'headers-too-long':
      return `Make the web server send fewer or shorter headers.${rightOverIpv4(failure)}`;
    case 'reset':
    case 'closed':
      return `The log of that server may say why it ended the connection.${rightOverIpv4(failure)}`;
  }
}

function hintForTls({ kind, address }: TlsFailure): string {
  switch (kind) {
    case 'not-tls':
      return `Make the server at ${address} speak TLS on this port, or do not redirect to https.`;
    case 'version':
      return `Make the server at ${address} speak TLS 1.2 or 1.3.`;
    default:
      return 'Repair TLS there (any certificate will do, also a self-signed one), or do not redirect to https.';
  }
}
