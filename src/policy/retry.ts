import type { AddressFamilyRule, AddressPolicy } from '../protocol/address-family-rule.ts';
import type { DialFailureKind } from '../protocol/dial.ts';
import type { AddressPlan, AddressRequest, PlannedAddress } from './address-family.ts';

/**
 * Where an attempt failed. `dial` is over once the connection stands: a server that accepts and then stays silent has not
 * timed out while connecting.
 */
export type AttemptFailure =
  | { readonly phase: 'dial'; readonly kind: DialFailureKind }
  | { readonly phase: 'tls' | 'request' | 'response' | 'body' | 'content' };

/** What the decision depends on beside the failure. */
export interface RetrySituation extends AddressRequest {
  /** The plan of the host whose attempt failed. */
  readonly plan: AddressPlan;
  /** The address whose attempt failed. */
  readonly failed: PlannedAddress;
  /** The plan of the host of the first request: the same one when `hop` is 0. */
  readonly original: AddressPlan;
  /** The first request has been made over its second address already. */
  readonly originalRetried: boolean;
}

export type RetryDecision =
  | {
      readonly retry: true;
      readonly address: PlannedAddress;
      /** Which request is made again: the one that failed, or the validation's first. */
      readonly request: 'failed' | 'original';
      readonly rule: AddressFamilyRule;
      readonly reason: string;
    }
  | { readonly retry: false; readonly rule: AddressFamilyRule; readonly reason: string };

/**
 * Decides whether a failed attempt is made once more over IPv4, and names the rule of docs/address-family-rules.md that
 * says so. A policy that departs from the documentation is named in the reason. Answers undefined when there was nothing
 * to decide, because no policy could have found another address to try.
 */
export function decideRetry(
  failure: AttemptFailure,
  situation: RetrySituation,
  policy: AddressPolicy,
): RetryDecision | undefined {
  if (!hasAlternative(failure, situation)) return undefined;
  switch (policy) {
    case 'documented':
      return decideAsDocumented(failure, situation);
    case 'boulder':
      return decideAsBoulder(failure, situation);
    case 'every-hop':
      return decideOnEveryHop(failure, situation);
    case 'never':
      return {
        retry: false,
        rule: ruleInQuestion(failure, situation),
        reason: 'under the policy "never" nothing is retried',
      };
  }
}

function hasAlternative(failure: AttemptFailure, situation: RetrySituation): boolean {
  if (failure.phase !== 'dial') return ownIpv4(situation) !== undefined;
  return situation.plan.otherFamily !== undefined || situation.original.otherFamily !== undefined;
}

function decideAsDocumented(failure: AttemptFailure, situation: RetrySituation): RetryDecision {
  const rule = ruleInQuestion(failure, situation);
  switch (rule) {
    case 'http-01-only':
      return { retry: false, rule, reason: 'only http-01 is retried over IPv4' };
    case 'no-retry-on-other-errors':
      return {
        retry: false,
        rule,
        reason: isRetry(situation)
          ? 'this was the one IPv4 retry, and only a connection timeout is retried'
          : 'no IPv4 retry: only a connection timeout is retried',
      };
    case 'redirect-no-retry':
      return {
        retry: false,
        rule,
        reason: `no IPv4 retry: the IPv4 address of a redirect target (${situation.plan.otherFamily?.address}) is not tried`,
      };
    case 'first-request-only':
      return {
        retry: false,
        rule,
        reason:
          'no retry: this request came from a redirect, and only the first one of a validation is retried',
      };
    default:
      return retryTimeout(situation);
  }
}

function retryTimeout(situation: RetrySituation): RetryDecision {
  const rule = 'retry-ipv4-on-connect-timeout';
  const address = ownIpv4(situation);
  if (address === undefined) return { retry: false, rule, reason: nothingLeft(situation) };
  const reason = `the first request timed out while connecting over IPv6, so it is made once more, to ${address.address} over IPv4`;
  return { retry: true, address, request: 'failed', rule, reason };
}

/**
 * As Boulder's code does it: any failure to connect, of any hop, makes it try the first request again at the first
 * host's IPv4 address, once; for tls-alpn-01 any failure up to the end of the handshake does, and a wrong protocol or
 * certificate, which is judged after it, does not.
 */
function decideAsBoulder(failure: AttemptFailure, situation: RetrySituation): RetryDecision {
  const rule = ruleInQuestion(failure, situation);
  const isAlpn = situation.challengeType === 'tls-alpn-01';
  if (failure.phase !== 'dial' && !(isAlpn && failure.phase === 'tls')) {
    const what = isAlpn ? 'a failure up to the TLS handshake' : 'a failure to connect';
    return { retry: false, rule, reason: `under the policy "boulder" only ${what} is retried` };
  }
  const address = situation.originalRetried ? undefined : situation.original.spare;
  if (address === undefined) {
    const reason = situation.originalRetried
      ? 'under the policy "boulder" a validation has one retry, and it has been used'
      : 'under the policy "boulder" the retry goes to the IPv4 address of the first host, and it has none to spare';
    return { retry: false, rule, reason };
  }
  const request = situation.hop === 0 ? 'failed' : 'original';
  const again = isAlpn ? 'the attempt' : 'the request';
  const what = request === 'failed' ? again : 'the first request of the validation (not the failed one)';
  return {
    retry: true,
    address,
    request,
    rule,
    reason: `under the policy "boulder" ${describe(failure)} makes ${what} go once more to the IPv4 address ${address.address}`,
  };
}

function decideOnEveryHop(failure: AttemptFailure, situation: RetrySituation): RetryDecision {
  const rule = ruleInQuestion(failure, situation);
  if (situation.challengeType !== 'http-01')
    return { retry: false, rule, reason: 'only http-01 is retried over IPv4' };
  if (failure.phase !== 'dial') {
    const reason = 'under the policy "every-hop" only a failure to connect is retried';
    return { retry: false, rule, reason };
  }
  const address = ownIpv4(situation);
  if (address === undefined) return { retry: false, rule, reason: nothingLeft(situation) };
  const reason = `under the policy "every-hop" ${describe(failure)} makes the request go once more to its host's IPv4 address ${address.address}`;
  return { retry: true, address, request: 'failed', rule, reason };
}

/** The documented rule that the situation falls under; other policies depart from it or keep to it. */
function ruleInQuestion(failure: AttemptFailure, situation: RetrySituation): AddressFamilyRule {
  if (situation.challengeType !== 'http-01') return 'http-01-only';
  if (failure.phase !== 'dial') return 'no-retry-on-other-errors';
  const hasOwnAddress = ownIpv4(situation) !== undefined;
  if (failure.kind !== 'timeout') {
    return situation.hop > 0 && !hasOwnAddress ? 'first-request-only' : 'no-retry-on-other-errors';
  }
  if (situation.hop === 0) return 'retry-ipv4-on-connect-timeout';
  return hasOwnAddress ? 'redirect-no-retry' : 'first-request-only';
}

/** The IPv4 address of the failed request's own host, unless it is the one that failed. */
function ownIpv4({ failed, plan }: RetrySituation): PlannedAddress | undefined {
  return failed.family === 'ipv6' ? plan.otherFamily : undefined;
}

/** The failed attempt was over IPv4, of a host whose IPv6 address goes first. */
function isRetry({ failed, plan }: RetrySituation): boolean {
  return failed.family === 'ipv4' && plan.otherFamily !== undefined;
}

function nothingLeft({ failed, plan }: RetrySituation): string {
  if (plan.otherFamily === undefined) {
    return `the host has no ${failed.family === 'ipv6' ? 'IPv4' : 'other'} address to try`;
  }
  return 'this was the one IPv4 retry: there is no further one';
}

const FAILED_DIAL: Readonly<Record<DialFailureKind, string>> = {
  timeout: 'a connection timeout',
  refused: 'a refused connection',
  'host-unreachable': 'an unreachable host',
  'network-unreachable': 'an unreachable network',
  reset: 'a connection reset while connecting',
  other: 'a failure to connect',
};

const FAILED_LATER = {
  tls: 'a failed TLS handshake',
  request: 'a connection lost while sending the request',
  response: 'a connection without a proper answer',
  body: 'an answer that breaks off',
  content: 'a wrong answer',
} as const;

function describe(failure: AttemptFailure): string {
  return failure.phase === 'dial' ? FAILED_DIAL[failure.kind] : FAILED_LATER[failure.phase];
}
