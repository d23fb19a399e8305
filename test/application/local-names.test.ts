import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { localNamesRefusedBy } from '../../src/application/local-names.ts';

test.each([
  [{}, undefined],
  [{ policy: { requirePublicSuffix: true } }, 'policy.requirePublicSuffix=true'],
  [{ policy: { challengeTypes: ['dns-01', 'tls-alpn-01'] } }, 'policy.challengeTypes=dns-01,tls-alpn-01'],
  [{ validation: { allowReservedAddresses: false } }, 'validation.allowReservedAddresses=false'],
  [{ validation: { allowReservedAddresses: false, allowAddresses: ['::1'] } }, undefined],
  [{ validation: { denyAddresses: ['127.0.0.0/8'] } }, undefined],
  [{ validation: { denyAddresses: ['127.0.0.0/8', '::/0'] } }, 'validation.denyAddresses=127.0.0.0/8,::/0'],
])('under %j first.localhost is refused by: %s', (settings, expected) => {
  expect(localNamesRefusedBy(parseConfiguration(settings))).toBe(expected);
});
