import { expect, test } from 'vitest';
import { challengeTypesFor } from '../../src/policy/challenge-types.ts';
import { policySchema } from '../../src/policy/policy-config.ts';

test('a name offers http-01 and dns-01, a wildcard dns-01 alone, an address http-01 alone', () => {
  const name = { type: 'dns', value: 'example.com' } as const;
  expect(challengeTypesFor(name, false)).toEqual(['http-01', 'dns-01', 'tls-alpn-01']);
  expect(challengeTypesFor(name, true)).toEqual(['dns-01']);
  expect(challengeTypesFor({ type: 'ip', value: '192.0.2.1' }, false)).toEqual(['http-01', 'tls-alpn-01']);
});

test('private names are allowed unless the configuration says otherwise, and unknown keys are refused', () => {
  expect(policySchema.parse({})).toEqual({ requirePublicSuffix: false });
  expect(policySchema.safeParse({ requirePublicSufix: true }).success).toBe(false);
});
