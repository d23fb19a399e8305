import { expect, test } from 'vitest';
import { challengeTypesFor } from '../../src/policy/challenge-types.ts';
import { policySchema } from '../../src/policy/policy-config.ts';
import type { ChallengeType } from '../../src/protocol/challenge-type.ts';

const NAME = { type: 'dns', value: 'example.com' } as const;
const ADDRESS = { type: 'ip', value: '192.0.2.1' } as const;
const DEFAULT = policySchema.parse({}).challengeTypes;
const ALL: readonly ChallengeType[] = ['dns-persist-01', 'dns-account-01', ...DEFAULT];

test('a name offers all that is switched on, a wildcard what is in DNS, an address what is not', () => {
  expect(challengeTypesFor(NAME, false, DEFAULT)).toEqual(['http-01', 'dns-01', 'tls-alpn-01']);
  expect(challengeTypesFor(NAME, true, DEFAULT)).toEqual(['dns-01']);
  expect(challengeTypesFor(ADDRESS, false, DEFAULT)).toEqual(['http-01', 'tls-alpn-01']);
  expect(challengeTypesFor(NAME, false, ALL)).toEqual([
    'http-01',
    'dns-01',
    'tls-alpn-01',
    'dns-account-01',
    'dns-persist-01',
  ]);
  expect(challengeTypesFor(NAME, true, ALL)).toEqual(['dns-01', 'dns-account-01', 'dns-persist-01']);
  expect(challengeTypesFor(ADDRESS, false, ALL)).toEqual(['http-01', 'tls-alpn-01']);
  expect(challengeTypesFor(ADDRESS, false, ['dns-01'])).toEqual([]);
});

test('private names are allowed unless the configuration says otherwise, and unknown keys are refused', () => {
  expect(policySchema.parse({}).requirePublicSuffix).toBe(false);
  expect(policySchema.safeParse({ requirePublicSufix: true }).success).toBe(false);
});

test('the challenge types of drafts are off unless asked for, and a list of none or of unknown ones is refused', () => {
  expect(DEFAULT).toEqual(['http-01', 'dns-01', 'tls-alpn-01']);
  expect(policySchema.safeParse({ challengeTypes: ['dns-persist-01'] }).success).toBe(true);
  expect(policySchema.safeParse({ challengeTypes: [] }).success).toBe(false);
  expect(policySchema.safeParse({ challengeTypes: ['dns-02'] }).success).toBe(false);
});
