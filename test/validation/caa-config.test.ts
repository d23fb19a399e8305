import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { ConfigurationError } from '../../src/application/configuration-error.ts';

test('by default CAA is asked for touchstone.test, and again after 8 hours', () => {
  expect(parseConfiguration({}).caa).toEqual({
    enabled: true,
    identities: ['touchstone.test'],
    recheckAfterSeconds: 28_800,
  });
});

test('identities are kept in lower case', () => {
  const { identities } = parseConfiguration({
    caa: { identities: ['CA.Example', 'xn--mnchen-3ya.example'] },
  }).caa;
  expect(identities).toEqual(['ca.example', 'xn--mnchen-3ya.example']);
});

test.each([
  [{ identities: [] }, 'caa.identities: must not be empty'],
  [{ identities: ['ca.example.'] }, 'caa.identities.0: must be a domain name without a final dot'],
  [{ identities: ['ca.example', ''] }, 'caa.identities.1: must be a domain name'],
  [{ identities: ['https://ca.example'] }, 'caa.identities.0: must be a domain name'],
  [{ identities: ['ca.example; a=b'] }, 'caa.identities.0: must be a domain name'],
  [{ identities: [`${'a'.repeat(250)}.example`] }, 'caa.identities.0: must be a domain name'],
  [{ recheckAfterSeconds: -1 }, 'caa.recheckAfterSeconds: must be at least 0, and is -1'],
  [{ enabled: 'no' }, 'caa.enabled: must be true or false, and is "no"'],
])('refuses %j: %s', (caa, complaint) => {
  const parse = () => parseConfiguration({ caa });
  expect(parse).toThrow(ConfigurationError);
  expect(parse).toThrow(complaint);
});
