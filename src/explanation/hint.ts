import type {
  ConnectFailure,
  ExchangeFailure,
  LookupFailure,
  NoAddressFailure,
  RedirectFailure,
  TlsFailure,
  ValidationFailure,
} from '../protocol/validation-failure.ts';

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
      return `Let the web server at ${failure.address} answer ${failure.url} with 200 and the key authorization.${otherServer(failure)}`;
    case 'body-too-long':
      return `Let ${failure.url} answer with the key authorization alone: at most ${failure.limitBytes} bytes. A page of the site came instead.`;
    case 'wrong-content':
      return `Let ${failure.url} answer with exactly the expected text. Another account's key, an older challenge's file, or another server's answer are the usual reasons.${otherServer(failure)}`;
    case 'no-txt':
      return `Add a TXT record at ${failure.name}, and wait until the name server that answers has it.`;
    case 'wrong-txt':
      return `Add a TXT record with the expected value at ${failure.name}, beside the others if they are needed, and wait until the name server that answers has it.`;
    case 'overall-timeout':
      return 'Make the host answer faster, or give the validation more time with validation.totalTimeoutMs.';
    case 'internal':
      return 'Make a new order, which brings new challenges.';
  }
}

function hintForAbsence(failure: LookupFailure | NoAddressFailure): string {
  const reasons = (failure.filtered ?? []).map(({ reason }) => reason);
  if (reasons.some((reason) => reason.startsWith('reserved')))
    return 'Give the name a public address, or set validation.allowReservedAddresses=true for a lab with private ones.';
  if (reasons.length > 0) return 'Give the name an IPv4 address, or set validation.ipv6=true.';
  const outcomes = failure.class === 'lookup' ? failure.lookups.map(({ outcome }) => outcome) : [];
  const outage = outcomes.some((outcome) => ['timeout', 'network-error', 'no-server'].includes(outcome));
  if (outage)
    return 'Check that the DNS servers of this CA can be reached (dns.servers), or name the host with --host NAME=ADDRESS.';
  return failure.class === 'lookup' && failure.lookups.every(({ type }) => type === 'TXT')
    ? `Add the TXT record at ${failure.hostname}, where the DNS servers of this CA can see it.`
    : 'Add an A or AAAA record (one of them is enough) where the DNS servers of this CA can see it (dns.servers), or name the host with --host NAME=ADDRESS.';
}

/** What a host without IPv6 sees when it dials an IPv6 address. */
const NO_IPV6_CODES: readonly string[] = ['ENETUNREACH', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'];

function hintForConnect({ address, family, kind, port, code }: ConnectFailure): string {
  if (family === 'ipv6' && code !== undefined && NO_IPV6_CODES.includes(code))
    return "This CA's own host seems to have no IPv6. Give it IPv6, or set validation.ipv6=false, and every record will say so.";
  const either =
    family === 'ipv6' ? ', or remove the AAAA record if the host is not meant to be reached over IPv6' : '';
  if (kind === 'timeout')
    return `Let a firewall or router on the way pass connections to ${address} port ${port}${either}.`;
  return `Let a web server listen at ${address} port ${port}${either}.`;
}

function hintForExchange(failure: ExchangeFailure): string {
  switch (failure.kind) {
    case 'silent':
    case 'slow':
      return `Something accepts connections at ${failure.address} but does not answer in time: look at the load and the log of that server.${otherServer(failure)}`;
    case 'http2':
      return 'Let the server speak HTTP/1.1 on the port that http-01 uses.';
    case 'not-http':
      return `Something that is no HTTP server listens at ${failure.address}: check the port.`;
    default:
      return `Look at the log of the web server at ${failure.address}: it ended the exchange.${otherServer(failure)}`;
  }
}

function hintForTls({ kind, address }: TlsFailure): string {
  if (kind === 'not-tls')
    return `Let the server at ${address} speak TLS on this port, or do not redirect to https.`;
  if (kind === 'version') return `Let the server at ${address} speak TLS 1.2 or 1.3.`;
  return `Repair the TLS set-up of the server at ${address} (its certificate may be expired or self-signed), or do not redirect the challenge path to https.`;
}

function hintForRedirect({ refusal, url }: RedirectFailure): string {
  switch (refusal) {
    case 'loop':
      return `Let ${url} answer by itself, or redirect it to a URL that was not asked before.`;
    case 'missing-slash':
      return 'End the host in the redirect of the web server with a slash, for instance `https://example.com/$request_uri`.';
    default:
      return `Let ${url} answer by itself, or redirect it to a plain http or https URL with a name.`;
  }
}

/** A wrong answer with a rule had another family beside it, where the right server may be. */
function otherServer(failure: { readonly address: string; readonly rule?: string }): string {
  return failure.rule === undefined
    ? ''
    : ` The name's IPv6 and IPv4 addresses may lead to different servers: ${failure.address} has to answer too.`;
}
