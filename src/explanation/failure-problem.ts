import { isOwnHostFault } from '../protocol/failure-class.ts';
import type { ErrorCode, Problem } from '../protocol/problem.ts';
import type {
  PerspectivesFailure,
  Place,
  RedirectFailure,
  RuleDecision,
  ValidationFailure,
} from '../protocol/validation-failure.ts';
import { caaWords } from './caa-words.ts';
import { certificateWords } from './certificate-words.ts';
import { connectWords, exchangeWords, tlsWords } from './connection-words.ts';
import { hintFor } from './hint.ts';
import { absenceWords } from './lookup-words.ts';
import { persistWords } from './persist-words.ts';
import { perspectivesWords } from './perspectives-words.ts';
import { isWithoutLocation, redirectWords } from './redirect-words.ts';
import { txtWords } from './txt-words.ts';
import { brief, duration, ended, excerpt, quoted } from './wording.ts';

/** Where a connection failed. */
type FailurePhase = 'connect' | 'TLS' | 'request';

/**
 * The problem of a failed validation: the ACME error type that Let's Encrypt gives (RFC 8555 section 6.7), and a detail that
 * names the address, what was fetched, the phase in which a connection failed, the rule that decided where one did, and what to
 * do. Clients show it on one line, so that it is short; `touchstone explain` has the rest.
 */
export function explainFailure(failure: ValidationFailure): Problem {
  return { code: codeOf(failure), detail: `${describeFailure(failure)} ${hintFor(failure)}` };
}

/** What happened, where and by which rule, without what to do about it. */
export function describeFailure(failure: ValidationFailure): string {
  const phase = phaseOf(failure);
  const words = `${uncontactedWords(failure)}${placeOf(failure)}${wordsOf(failure)}`;
  const happened = ended(phase === undefined ? words : `${words} (${phase})`);
  return [happened, ...ruleWords(failure)].join(' ');
}

/** The ACME error type of a failed validation: RFC 8555 section 6.7. */
export function codeOf(failure: ValidationFailure): ErrorCode {
  if (unableToContact(failure) !== undefined) return 'malformed';
  if (isOwnHostFault(failure)) return 'serverInternal';
  switch (failure.class) {
    case 'lookup':
    case 'no-address':
      return 'dns';
    case 'connect':
    case 'redirect':
    case 'overall-timeout':
      return 'connection';
    case 'exchange':
      // Status and headers had come, so this is judged as a wrong answer.
      return failure.phase === 'body' ? 'unauthorized' : 'connection';
    case 'tls':
      return failure.kind === 'timeout' || failure.kind === 'closed' || failure.kind === 'not-tls'
        ? 'connection'
        : 'tls';
    case 'status':
    case 'body-too-long':
    case 'wrong-content':
    case 'no-txt':
    case 'wrong-txt':
    case 'alpn':
    case 'certificate':
      return 'unauthorized';
    case 'persist':
      return failure.fault === 'malformed' ? 'malformed' : 'unauthorized';
    case 'caa':
      return 'caa';
    case 'caa-lookup':
      return 'dns';
    case 'perspectives':
      return codeOfDisagreement(failure);
    case 'internal':
      return 'serverInternal';
  }
}

/** Of the first that disagrees, as Let's Encrypt. */
function codeOfDisagreement({ disagreeing }: PerspectivesFailure): ErrorCode {
  const first = disagreeing[0];
  return first === undefined ? 'serverInternal' : codeOf(first.failure);
}

/** Where the time was spent; undefined for a wrong answer and for none, whose words say what was looked at. */
function phaseOf(failure: ValidationFailure): FailurePhase | undefined {
  switch (failure.class) {
    case 'connect':
      return 'connect';
    case 'tls':
      return 'TLS';
    case 'exchange':
      // A body's failure says in its words that it is one.
      return failure.phase === 'body' ? undefined : 'request';
    case 'lookup':
    case 'no-address':
    case 'no-txt':
    case 'wrong-txt':
    case 'redirect':
    case 'status':
    case 'body-too-long':
    case 'wrong-content':
    case 'alpn':
    case 'certificate':
    case 'persist':
    case 'caa':
    case 'caa-lookup':
    case 'perspectives':
    case 'overall-timeout':
    case 'internal':
      return undefined;
  }
}

/** `ADDRESS: Fetching URL: `, as far as it applies: what Let's Encrypt puts in front. */
function placeOf(failure: ValidationFailure): string {
  switch (failure.class) {
    case 'connect':
    case 'tls':
    case 'exchange':
      return fetching(failure);
    case 'redirect':
      return fetching({ address: failure.address, url: absoluteLocation(failure) });
    case 'lookup':
    case 'no-address':
      return failure.from === undefined
        ? ''
        : fetching({ address: failure.from.address, url: failure.url ?? failure.hostname });
    case 'status':
    case 'body-too-long':
    case 'wrong-content':
      return `${failure.address}: `;
    case 'overall-timeout':
      return failure.at === undefined ? '' : fetching(failure.at);
    case 'no-txt':
    case 'wrong-txt':
    case 'alpn':
    case 'certificate':
    case 'persist':
    case 'caa':
    case 'caa-lookup':
    case 'perspectives':
    case 'internal':
      return '';
  }
}

/** What Let's Encrypt's code says of any such cause; the cause follows. */
function uncontactedWords(failure: ValidationFailure): string {
  const name = unableToContact(failure);
  if (name === undefined || !('address' in failure)) return '';
  return `Unable to contact "${name}" at "${failure.address}", no IPv4 addresses to try as fallback: `;
}

function unableToContact(failure: ValidationFailure): string | undefined {
  return 'unableToContact' in failure ? failure.unableToContact : undefined;
}

/** A Location that is a path alone, with the host that it is on. Any other stays as it was sent: it may be what is wrong. */
function absoluteLocation({ url, location }: RedirectFailure): string {
  const isPath = location.startsWith('/') && !location.startsWith('//');
  return isPath && URL.canParse(url) ? `${new URL(url).origin}${location}` : location;
}

function fetching({ address, url }: Place): string {
  return url === undefined ? `${address}: ` : `${address}: Fetching ${brief(url)}: `;
}

function wordsOf(failure: ValidationFailure): string {
  switch (failure.class) {
    case 'lookup':
    case 'no-address':
      return absenceWords(failure);
    case 'connect':
      return connectWords(failure);
    case 'exchange':
      return exchangeWords(failure);
    case 'tls':
      return tlsWords(failure);
    case 'redirect':
      return redirectWords(failure);
    case 'status':
      return `Invalid response from ${brief(failure.url)}: ${failure.status}${isWithoutLocation(failure) ? ', a redirect without a Location header' : ''}`;
    case 'body-too-long':
      return `Invalid response from ${brief(failure.url)}: more than ${failure.limitBytes} bytes, beginning ${quoted(excerpt(failure.start))}`;
    case 'wrong-content':
      return `The key authorization file from the server did not match this challenge. Expected "${excerpt(failure.expected)}" (got ${quoted(excerpt(failure.received))})`;
    case 'no-txt':
    case 'wrong-txt':
      return txtWords(failure);
    case 'persist':
      return persistWords(failure);
    case 'alpn':
    case 'certificate':
      return certificateWords(failure);
    case 'caa':
    case 'caa-lookup':
      return caaWords(failure);
    case 'perspectives':
      return perspectivesWords(failure, describeFailure);
    case 'overall-timeout':
      return `Timeout: the whole validation did not end within ${duration(failure.budgetMs)}`;
    case 'internal':
      return failure.detail;
  }
}

function ruleWords(failure: ValidationFailure & RuleDecision): readonly string[] {
  if (failure.rule === undefined) return [];
  const { reason = '' } = failure;
  return [`${reason.charAt(0).toUpperCase()}${reason.slice(1)} [${failure.rule}].`];
}
