import type {
  ConnectFailure,
  ExchangeFailure,
  LookupFailure,
  NoAddressFailure,
  TlsFailure,
  ValidationFailure,
} from '../protocol/validation-failure.ts';
import { hintForRedirect } from './redirect-words.ts';
import { brief } from './wording.ts';

/** What to change so that the next attempt passes: one or two sentences for the person who runs the host. */
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
      return hintForTls(failure);
    case 'redirect':
      return hintForRedirect(failure);
    case 'status':
      return `Make the web server at ${failure.address} answer ${brief(failure.url)} with status 200 and the key authorization.${otherServer(failure)}`;
    case 'body-too-long':
      return `Serve the key authorization alone at ${brief(failure.url)}, in at most ${failure.limitBytes} bytes. A page of the site, such as its own error page, is the usual reason.${otherServer(failure)}`;
    case 'wrong-content':
      return `Serve exactly the expected text at ${brief(failure.url)}. The usual reasons are another account's key, an older challenge's file, or another server that answers.${otherServer(failure)}`;
    case 'no-txt':
      return `Add the TXT record at ${failure.name}, and wait until all name servers of the zone have it.`;
    case 'wrong-txt':
      return `Add a TXT record with the expected value at ${failure.name}, beside the others if they are needed, and wait until all name servers of the zone have it.`;
    case 'overall-timeout':
      return 'Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.';
    case 'internal':
      return 'Make a new order, which brings new challenges.';
  }
}

function hintForAbsence(failure: LookupFailure | NoAddressFailure): string {
  const reasons = (failure.filtered ?? []).map(({ reason }) => reason);
  const reserved = reasons.filter((reason) => reason.startsWith('reserved'));
  if (reserved.length > 0 && reserved.every((reason) => reason.includes('IPv4-mapped')))
    return 'Put the IPv4 address into an A record: an IPv4-mapped address in an AAAA record never leads over IPv6.';
  if (reserved.length > 0)
    return 'Give the name a public address, or set validation.allowReservedAddresses=true for a lab with private ones.';
  if (reasons.length > 0) return 'Give the name an IPv4 address, or set validation.ipv6=true.';
  return failure.class === 'lookup' ? hintForLookup(failure) : addRecord();
}

function hintForLookup({ hostname, lookups }: LookupFailure): string {
  const isTxt = lookups.every(({ type }) => type === 'TXT');
  const ended = (...outcomes: readonly string[]) => lookups.some(({ outcome }) => outcomes.includes(outcome));
  if (ended('timeout', 'network-error', 'no-server')) {
    const otherwise = isTxt ? '' : ', or name the host with --host NAME=ADDRESS';
    return `Check that the DNS servers of this CA can be reached (dns.servers)${otherwise}.`;
  }
  if (ended('servfail'))
    return `The DNS server of this CA gets no usable answer about ${hostname}: check the name servers of the domain, the delegation to them, and DNSSEC.`;
  if (ended('refused', 'malformed-answer', 'other-rcode'))
    return 'Check the DNS server that was asked, or let this CA ask another one (dns.servers).';
  return isTxt
    ? `Add the TXT record at ${hostname}, where the DNS servers of this CA can see it.`
    : addRecord();
}

function addRecord(): string {
  return 'Add an A or AAAA record (one of them is enough) where the DNS servers of this CA can see it (dns.servers), or name the host with --host NAME=ADDRESS.';
}

/** What a host without IPv6 sees when it dials an IPv6 address. */
const NO_IPV6_CODES: readonly string[] = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];
/** The operating system's refusals that come before any packet leaves. */
const OWN_HOST_CODES: readonly string[] = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EPERM', 'EACCES'];

function hintForConnect({ address, family, kind, port, code }: ConnectFailure): string {
  if (family === 'ipv6' && code !== undefined && NO_IPV6_CODES.includes(code))
    return "This CA's own host seems to have no IPv6. Give it IPv6, or set validation.ipv6=false, and every record will say so.";
  if (code !== undefined && OWN_HOST_CODES.includes(code))
    return `This CA's own host did not let it connect (${code}): check its limits (open files, memory) and its firewall.`;
  const either =
    family === 'ipv6' ? ', or remove the AAAA record if the host is not meant to be reached over IPv6' : '';
  switch (kind) {
    case 'timeout':
      return `Make every firewall and router on the way pass connections to ${address} port ${port}${either}.`;
    case 'host-unreachable':
    case 'network-unreachable':
      return `Check that the host is up and that there is a route from this CA to ${address}${either}.`;
    default:
      return `Make a web server listen at ${address} port ${port}${either}.`;
  }
}

function hintForExchange(failure: ExchangeFailure): string {
  switch (failure.kind) {
    case 'silent':
    case 'slow':
      return `Something accepts connections at ${failure.address} but does not answer in time: look at the load and the log of that server.${otherServer(failure)}`;
    case 'http2':
      return 'Make the server speak HTTP/1.1 on the port that http-01 uses.';
    case 'not-http':
      return `Check the port: what listens at ${failure.address} does not speak HTTP/1.1 as it should.${otherServer(failure)}`;
    case 'headers-too-long':
      return `Make the web server at ${failure.address} send fewer or shorter headers.${otherServer(failure)}`;
    case 'reset':
    case 'closed':
      return `The server at ${failure.address} ended the connection, and its log may say why.${otherServer(failure)}`;
  }
}

function hintForTls({ kind, address }: TlsFailure): string {
  switch (kind) {
    case 'not-tls':
      return `Make the server at ${address} speak TLS on this port, or do not redirect to https.`;
    case 'version':
      return `Make the server at ${address} speak TLS 1.2 or 1.3.`;
    default:
      return `Repair TLS on the server at ${address} (any certificate will do, also an expired or self-signed one), or do not redirect the challenge path to https.`;
  }
}

/** A wrong answer with a rule had another family beside it, where the right server may be. */
function otherServer(failure: { readonly address: string; readonly rule?: string }): string {
  return failure.rule === undefined
    ? ''
    : ` The name's IPv6 and IPv4 addresses may lead to different servers: ${failure.address} has to answer too.`;
}
