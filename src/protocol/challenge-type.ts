/** Ways to prove control of an identifier: RFC 8555 section 8. */
export type ChallengeType = 'http-01' | 'dns-01';
