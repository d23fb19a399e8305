import { expect, test } from 'vitest';
import { dnsAccount01Name } from '../../src/protocol/account-label.ts';

test("the name is that of the draft's example", () => {
  const accountUrl = 'https://example.com/acme/acct/ExampleAccount';
  expect(dnsAccount01Name('www.example.org', accountUrl)).toBe(
    '_ujmmovf2vn55tgye._acme-challenge.www.example.org',
  );
});

test('another account has another name, of 16 characters of base32 in lower case', () => {
  const names = new Set(
    Array.from({ length: 50 }, (_, id) => dnsAccount01Name('a.test', `https://ca.test/acct_${id}`)),
  );
  expect(names.size).toBe(50);
  for (const name of names) expect(name).toMatch(/^_[a-z2-7]{16}\._acme-challenge\.a\.test$/);
});
