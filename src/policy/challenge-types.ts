import type { ChallengeType } from '../protocol/challenge-type.ts';
import type { Identifier } from '../protocol/identifier.ts';

/**
 * The challenges that an authorization offers. A wildcard needs DNS (http-01 and tls-alpn-01 show control of one host
 * only: RFC 8555 section 8.3, RFC 8737 section 3); an address has no zone to put a record in (RFC 8738 section 7).
 */
export function challengeTypesFor(identifier: Identifier, wildcard: boolean): readonly ChallengeType[] {
  if (identifier.type === 'ip') return ['http-01', 'tls-alpn-01'];
  return wildcard ? ['dns-01'] : ['http-01', 'dns-01', 'tls-alpn-01'];
}
