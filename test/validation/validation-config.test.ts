import { expect, test } from 'vitest';
import { validationSchema } from '../../src/validation/validation-config.ts';

test('every setting of validation has a usable default', () => {
  expect(validationSchema.parse({})).toEqual({
    httpPort: 5002,
    tlsPort: 5001,
    addressPolicy: 'documented',
    ipv6: true,
    connectTimeoutMs: 10_000,
    responseTimeoutMs: 10_000,
    totalTimeoutMs: 60_000,
    maxRedirects: 10,
    maxHeaderBytes: 16_384,
    maxBodyBytes: 127,
    maxAtOnce: 1000,
    maxAtOncePerAccount: 250,
    maxUnfinished: 10_000,
    maxUnfinishedPerAccount: 2000,
    maxDials: 100,
    maxDialsPerAccount: 25,
    maxDialsPerAddress: 16,
    allowReservedAddresses: true,
    allowAddresses: [],
    denyAddresses: [],
    perspectives: [],
  });
});

test.each([
  ['an unknown key', { connectTimeout: 1 }],
  ['an unknown policy', { addressPolicy: 'sometimes' }],
  ['port 0', { httpPort: 0 }],
  ['a port beyond the last', { tlsPort: 65_536 }],
  ['no dial at all', { maxDials: 0 }],
  ['half a dial', { maxDialsPerAddress: 0.5 }],
  ['no time at all', { totalTimeoutMs: 0 }],
  ['a body that no key authorization fits', { maxBodyBytes: 86 }],
  ['a head that no answer fits', { maxHeaderBytes: 255 }],
  ['less than no redirect', { maxRedirects: -1 }],
  ['a prefix that is none', { allowAddresses: ['10.0.0.0/33'] }],
  ['a prefix with bits beyond its length', { denyAddresses: ['10.1.0.0/8'] }],
])('%s is refused', (_, settings) => {
  expect(validationSchema.safeParse(settings).success).toBe(false);
});
