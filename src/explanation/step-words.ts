import type { LookupSource } from '../protocol/lookup.ts';
import type {
  AdmittedAddress,
  AttemptStep,
  CertificateStep,
  CompareStep,
  ExchangeFailedStep,
  FilteredAddress,
  HandshakeFailedStep,
  LookupStep,
  PlanStep,
  RedirectStep,
  ResponseStep,
  RetryStep,
  ValidationStep,
} from '../protocol/validation-record.ts';
import { endpoint } from './address-origin.ts';
import { caaLookupWords, tellCaa } from './caa-words.ts';
import { contentDifference } from './content-words.ts';
import { lookupWords } from './lookup-words.ts';
import { duration, familyName } from './wording.ts';

/** One step of a validation record in sentences, one a line. */
export function tellStep(step: Exclude<ValidationStep, RetryStep>): readonly string[] {
  switch (step.step) {
    case 'lookup':
      return [tellLookup(step)];
    case 'plan':
      return tellPlan(step);
    case 'attempt':
      return [tellAttempt(step)];
    case 'response':
      return [tellResponse(step)];
    case 'exchange-failed':
      return [tellFailedExchange(step)];
    case 'redirect':
      return [tellRedirect(step)];
    case 'compare':
      return tellComparison(step);
    case 'handshake-failed':
      return [tellFailedHandshake(step)];
    case 'certificate':
      return [tellCertificate(step)];
    case 'caa':
      return [tellCaa(step)];
  }
}

function tellLookup(step: LookupStep): string {
  const { type, name, values, outcome, ttlSeconds, cnames, tries, detail } = step;
  const found =
    type === 'CAA' ? caaLookupWords(step) : outcome === 'answered' ? values.join(', ') : lookupWords(step);
  const notes = [
    ...(cnames.length === 0 ? [] : [`by way of ${cnames.join(', ')}`]),
    ...(ttlSeconds === undefined ? [] : [`TTL ${ttlSeconds} s`]),
    ...(tries > 1 ? [`${tries} tries`] : []),
    duration(step.durationMs),
    ...(detail === undefined ? [] : [detail]),
  ];
  return `Looked up ${type} of ${name} ${sourceWords(step.source)}: ${found} (${notes.join('; ')}).`;
}

function sourceWords(source: LookupSource): string {
  switch (source.kind) {
    case 'configured-hosts':
      return 'in the setting dns.hosts';
    case 'localhost':
      return 'by itself (RFC 6761 section 6.3: localhost is this host)';
    case 'hosts-file':
      return 'in /etc/hosts';
    case 'server':
      return `at ${source.server}`;
  }
}

function tellPlan({
  url,
  hostname,
  first,
  spare,
  filtered,
  admitted = [],
  addressesResolved,
}: PlanStep): readonly string[] {
  const left = [...filtered.map(tellFiltered), ...admitted.map(tellAdmitted)];
  if (first === undefined) return [...left, `There is no address of ${hostname} to connect to.`];
  const many = addressesResolved.length > 1 ? ` of ${addressesResolved.length} addresses` : '';
  const kept =
    spare === undefined ? '' : ` ${spare.address} (${familyName(spare.family)}) is kept for a retry.`;
  return [
    ...left,
    `To ${url === undefined ? `reach ${hostname}` : `fetch ${url}`}, ${first.address} (${familyName(first.family)})${many} is dialled.${kept}`,
  ];
}

function tellFiltered({ address, because, detail }: FilteredAddress): string {
  switch (because) {
    case 'reserved':
      return `Left out ${address}: it is reserved${detail === undefined ? '' : `, ${detail}`}.`;
    case 'denied':
      return `Left out ${address}: validation.denyAddresses has ${detail}.`;
    case 'ipv6-disabled':
      return `Left out ${address}: validation.ipv6 is false.`;
  }
}

function tellAdmitted({ address, prefix }: AdmittedAddress): string {
  return `Kept ${address}: validation.allowAddresses has ${prefix}.`;
}

const ATTEMPT_WORDS: Readonly<Record<AttemptStep['outcome'], string>> = {
  connected: 'connected',
  timeout: 'timed out while connecting',
  refused: 'the connection was refused',
  'host-unreachable': 'the host cannot be reached',
  'network-unreachable': 'the network cannot be reached',
  reset: 'the connection was reset',
  other: 'the connection could not be made',
  aborted: 'given up, because the validation was over',
};

function tellAttempt({ address, family, port, outcome, code, waitedMs, durationMs }: AttemptStep): string {
  const why = code === undefined ? '' : ` (${code})`;
  const waited = waitedMs === undefined ? '' : `, when its turn came after ${duration(waitedMs)}`;
  return `Dialled ${endpoint(address, port)} over ${familyName(family)}${waited}: ${ATTEMPT_WORDS[outcome]}${why} after ${duration(durationMs)}.`;
}

function tellResponse(step: ResponseStep): string {
  const { url, hostHeader, status, tls, bodyBytes, durationMs, headers } = step;
  const over = tls === undefined ? '' : `, over ${tls.protocol} with ${tls.cipher}`;
  const server = headers.server === undefined ? '' : `, from a server that calls itself "${headers.server}"`;
  const body = status === 200 ? `, ${bodyBytes} bytes of body` : '';
  return `Asked for ${url} (Host: ${hostHeader})${over}: status ${status}${body}${server}, in ${duration(durationMs)}.`;
}

const PHASE_WORDS: Readonly<Record<ExchangeFailedStep['phase'], string>> = {
  tls: 'in the TLS handshake',
  request: 'while sending the request',
  response: 'while waiting for the answer',
  body: 'while reading the body',
};

const EXCHANGE_WORDS: Readonly<Record<ExchangeFailedStep['kind'], string>> = {
  silent: 'no byte of an answer came',
  slow: 'the answer was not complete in time',
  reset: 'the server reset the connection',
  closed: 'the server closed the connection',
  'not-http': 'what came is not a proper HTTP/1 response',
  http2: 'what came is HTTP/2',
  'headers-too-long': 'the headers are too long',
  handshake: 'the handshake was refused',
  timeout: 'it was not over in time',
  version: 'the server does not speak TLS 1.2 or better',
  'not-tls': 'the server does not speak TLS',
  'no-alpn': 'the server does not speak the protocol "acme-tls/1"',
  aborted: 'given up, because the validation was over',
};

function tellFailedExchange({
  url,
  hostHeader,
  phase,
  kind,
  code,
  detail,
  durationMs,
}: ExchangeFailedStep): string {
  const notes = [code, detail].filter((note) => note !== undefined).join(', ');
  const why = notes === '' ? '' : ` (${notes})`;
  return `Asked for ${url} (Host: ${hostHeader}): failed ${PHASE_WORDS[phase]} after ${duration(durationMs)}: ${EXCHANGE_WORDS[kind]}${why}.`;
}

function tellRedirect({ from, location, to, hop, followed }: RedirectStep): string {
  if (!followed) return `Redirect ${hop}: ${from} points to ${location}, which is not followed.`;
  return `Redirect ${hop}: ${from} leads to ${to ?? location}.`;
}

function tellComparison({ where, expected, received, matched }: CompareStep): readonly string[] {
  if (matched) return [`Compared what is at ${where} with what was expected: it matches.`];
  return [
    `Compared what is at ${where} with what was expected: it does not match.`,
    `  expected "${expected}"`,
    ...received.flatMap((value) => {
      const difference = contentDifference(expected, value);
      const told = difference === undefined ? [] : [`           ${difference.words}`];
      return [`  got      "${value}"`, ...told];
    }),
  ];
}

function tellFailedHandshake({
  address,
  port,
  serverName,
  kind,
  code,
  detail,
  durationMs,
}: HandshakeFailedStep): string {
  const note = detail ?? code;
  const why = note === undefined ? '' : ` (${note})`;
  return `Asked ${endpoint(address, port)} for "acme-tls/1" as ${serverName}: failed after ${duration(durationMs)}: ${EXCHANGE_WORDS[kind]}${why}.`;
}

function tellCertificate({
  address,
  port,
  serverName,
  tls,
  alpn,
  names,
  durationMs,
}: CertificateStep): string {
  const agreed = alpn === undefined ? 'no application protocol' : `"${alpn}"`;
  const shown = names.length === 0 ? 'without a name' : `for ${names.join(', ')}`;
  return `Asked ${endpoint(address, port)} for "acme-tls/1" as ${serverName}: ${tls.protocol}, ${agreed}, a certificate ${shown}, in ${duration(durationMs)}.`;
}
