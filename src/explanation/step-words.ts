import type {
  AttemptStep,
  CertificateStep,
  CompareStep,
  ExchangeFailedStep,
  HandshakeFailedStep,
  RedirectStep,
  ResponseStep,
  RetryStep,
  ValidationStep,
} from '../protocol/validation-record.ts';
import { endpoint } from './address-origin.ts';
import { tellCaa } from './caa-words.ts';
import { contentDifference } from './content-words.ts';
import { tellLookup } from './lookup-story.ts';
import { tellPlan } from './plan-story.ts';
import type { RedirectGroup } from './step-groups.ts';
import { duration, familyName, quoted, sentence } from './wording.ts';

/**
 * One step of a validation record in sentences, one a line. `toldUrl` is what the lines before it have said to be fetched, and is
 * called "it".
 */
export function tellStep(step: Exclude<ValidationStep, RetryStep>, toldUrl?: string): readonly string[] {
  switch (step.step) {
    case 'lookup':
      return [tellLookup(step)];
    case 'plan':
      return tellPlan(step, toldUrl);
    case 'attempt':
      return [tellAttempt(step)];
    case 'response':
      return [`${tellResponse(step, toldUrl)}.`];
    case 'exchange-failed':
      return [tellFailedExchange(step, toldUrl)];
    case 'redirect':
      return [`${sentence(redirectWords(step))}`];
    case 'compare':
      return tellComparison(step, toldUrl);
    case 'handshake-failed':
      return [tellFailedHandshake(step)];
    case 'certificate':
      return [tellCertificate(step)];
    case 'caa':
      return [tellCaa(step)];
    case 'omitted':
      return [`Steps that the record had no room for: ${step.count}.`];
  }
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

/** Without the full stop. */
function tellResponse(
  { url, status, tls, bodyBytes, durationMs, headers }: ResponseStep,
  toldUrl: string | undefined,
): string {
  const over = tls === undefined ? '' : `, over ${tls.protocol} with ${tls.cipher}`;
  const server = headers.server === undefined ? '' : `, from a server that calls itself "${headers.server}"`;
  const body = status === 200 ? `, ${bodyBytes} bytes of body` : '';
  return `Asked for ${itOr(url, toldUrl)}${over}: status ${status}${body}${server}, in ${duration(durationMs)}`;
}

/** An answer that leads elsewhere, in one sentence. */
export function tellRedirect(response: ResponseStep, redirect: RedirectStep, toldUrl?: string): string {
  return `${tellResponse(response, toldUrl)}: ${redirectWords(redirect)}.`;
}

/** Followed redirects in the middle of a long chain, in one sentence. */
export function tellHops(hops: readonly [RedirectGroup, ...RedirectGroup[]]): string {
  const [{ redirect }] = hops;
  const last = hops.at(-1)?.redirect ?? redirect;
  const addresses = [...new Set(hops.map(({ response }) => response.address))];
  return `Followed redirects ${redirect.hop} to ${last.hop} in the same way, at ${addresses.join(', ')}. The last one leads to ${last.to ?? last.location}.`;
}

function itOr(url: string, toldUrl: string | undefined): string {
  return url === toldUrl ? 'it' : url;
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

function tellFailedExchange(
  { url, phase, kind, code, detail, durationMs }: ExchangeFailedStep,
  toldUrl: string | undefined,
): string {
  // Node gives a connection that was closed too soon the code of a reset one.
  const notes = [kind === 'closed' ? undefined : code, detail]
    .filter((note) => note !== undefined)
    .join(', ');
  const why = notes === '' ? '' : ` (${notes})`;
  return `Asked for ${itOr(url, toldUrl)}: failed ${PHASE_WORDS[phase]} after ${duration(durationMs)}: ${EXCHANGE_WORDS[kind]}${why}.`;
}

function redirectWords({ location, to, hop, followed }: RedirectStep): string {
  return followed
    ? `redirect ${hop}, to ${to ?? location}`
    : `redirect ${hop}, to ${location}, is not followed`;
}

function tellComparison(
  { where, expected, received, matched }: CompareStep,
  toldUrl: string | undefined,
): readonly string[] {
  const what = where === toldUrl ? 'what came' : `what is at ${where}`;
  if (matched) return [`Compared ${what} with what was expected: it matches.`];
  return [
    `Compared ${what} with what was expected: it does not match.`,
    `  want "${expected}"`,
    ...received.flatMap((value) => {
      const difference = contentDifference(expected, value);
      const told = difference === undefined ? [] : [`        ${difference.words}`];
      return [`  got  ${quoted(value)}`, ...told];
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
