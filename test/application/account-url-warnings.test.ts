import { expect, test } from 'vitest';
import { accountUrlWarnings } from '../../src/application/account-url-warnings.ts';

test('dns-persist-01 without an external URL is a warning that names the setting', () => {
  const warnings = accountUrlWarnings(['http-01', 'dns-persist-01'], undefined);
  expect(warnings).toEqual([expect.stringContaining('--set acme.externalUrl=')]);
});

test('an external URL, or challenges whose proof holds the account key, are none', () => {
  expect(accountUrlWarnings(['dns-persist-01'], 'https://ca.example')).toEqual([]);
  expect(accountUrlWarnings(['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01'], undefined)).toEqual([]);
});
