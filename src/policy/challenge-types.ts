import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Identifier } from '../protocol/identifier.ts';

const FOR_ADDRESSES: readonly ChallengeType[] = ['http-01', 'tls-alpn-01'];
const FOR_WILDCARDS: readonly ChallengeType[] = ['dns-01', 'dns-account-01', 'dns-persist-01'];
const FOR_NAMES: readonly ChallengeType[] = [
  'http-01',
  'dns-01',
  'tls-alpn-01',
  'dns-account-01',
  'dns-persist-01',
];

/**
 * The challenges that can prove control of an identifier. A wildcard needs DNS (http-01 and tls-alpn-01 show control of one
 * host only: RFC 8555 section 8.3, RFC 8737 section 3); an address has no zone to put a record in (RFC 8738 section 7).
 */
export function fittingChallengeTypes(identifier: Identifier, wildcard: boolean): readonly ChallengeType[] {
  if (identifier.type === 'ip') return FOR_ADDRESSES;
  return wildcard ? FOR_WILDCARDS : FOR_NAMES;
}

/** The challenges that an authorization offers: those that fit, of those that are switched on (`policy.challengeTypes`). */
export function challengeTypesFor(
  identifier: Identifier,
  wildcard: boolean,
  switchedOn: readonly ChallengeType[],
): readonly ChallengeType[] {
  return fittingChallengeTypes(identifier, wildcard).filter((type) => switchedOn.includes(type));
}
