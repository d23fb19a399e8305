import { expect, test } from 'vitest';
import { absenceWords, lookupWords } from '../../src/explanation/lookup-words.ts';

const servfail = {
  name: 'a.test',
  type: 'A',
  outcome: 'servfail',
  rcode: 'SERVFAIL',
  server: '[::1]:53',
} as const;
const bogus = 'the server says DNSSEC Bogus (extended error 6): signature expired';

test('what the server says about its error stands in the place of a guess', () => {
  expect(lookupWords(servfail)).toBe(
    "DNS problem: SERVFAIL looking up A for a.test at [::1]:53 - the domain's nameservers may be malfunctioning",
  );
  expect(lookupWords({ ...servfail, because: bogus })).toBe(
    `DNS problem: SERVFAIL looking up A for a.test at [::1]:53: ${bogus}`,
  );
});

test('it is said once, where two look-ups were answered alike', () => {
  const lookups = [
    { ...servfail, because: bogus },
    { ...servfail, type: 'AAAA', because: bogus },
  ] as const;
  expect(absenceWords({ class: 'lookup', hostname: 'a.test', lookups })).toBe(
    `DNS problem: SERVFAIL looking up A for a.test at [::1]:53: ${bogus}; DNS problem: SERVFAIL looking up AAAA for a.test at [::1]:53`,
  );
  const [first] = lookups;
  expect(
    absenceWords({ class: 'lookup', hostname: 'a.test', lookups: [first, { ...servfail, type: 'AAAA' }] }),
  ).toBe(
    `DNS problem: SERVFAIL looking up A for a.test at [::1]:53: ${bogus}; DNS problem: SERVFAIL looking up AAAA for a.test at [::1]:53 - the domain's nameservers may be malfunctioning`,
  );
});
