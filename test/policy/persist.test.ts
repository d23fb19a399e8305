import { describe, expect, test } from 'vitest';
import type { PersistQuestion } from '../../src/policy/persist.ts';
import { decidePersist, persistRecordFor } from '../../src/policy/persist.ts';

const URL = 'https://ca.test/acme/account/acct_7';
const NOW = Date.UTC(2031, 0, 1);
const SECONDS = NOW / 1000;
const NAME: PersistQuestion = {
  issuers: ['ca.test', 'old.test'],
  accountUrl: URL,
  wildcard: false,
  now: NOW,
};
const WILDCARD: PersistQuestion = { ...NAME, wildcard: true };

function outcome(texts: readonly string[], question: PersistQuestion = NAME): string {
  const decision = decidePersist(texts, question);
  return decision.allowed ? 'allowed' : decision.fault;
}

function reasons(texts: readonly string[], question: PersistQuestion = NAME): string {
  const decision = decidePersist(texts, question);
  return decision.allowed ? '' : decision.reasons.join(' | ');
}

describe('a record for a name', () => {
  test.each([
    [`ca.test; accounturi=${URL}`, 'allowed', 'the plainest'],
    [`old.test; accounturi=${URL}`, 'allowed', 'by another identity of this CA'],
    [`CA.Test. ;accounturi=${URL}`, 'allowed', 'the name in its normal form'],
    [`\t ca.test\t;\taccounturi =\t${URL} `, 'allowed', 'blanks around everything'],
    [`ca.test;ACCOUNTURI=${URL}`, 'allowed', 'tags in any letters'],
    [
      `ca.test; accounturi=${URL}; policy=wildcard`,
      'allowed',
      "a wildcard's record is good for the base name",
    ],
    [`ca.test; policy=whatever; accounturi=${URL}`, 'allowed', 'an unknown policy counts as none'],
    [`ca.test; x=1; accounturi=${URL}; x=2; y=`, 'allowed', 'unknown tags are ignored, also twice'],
    [`ca.test; accounturi=${URL}; persistUntil=${SECONDS}`, 'allowed', 'in its last moment'],
    [`ca.test; accounturi=${URL}; persistuntil=9223372036854775807`, 'allowed', 'for ever'],
    [`ca.test; accounturi=${URL}; persistUntil=${SECONDS - 1}`, 'unauthorized', 'over since a second'],
    [`ca.test; accounturi=${URL}; persistUntil=0`, 'unauthorized', 'over since 1970'],
    [`ca.test; accounturi=${URL}; persistUntil=-1`, 'unauthorized', 'over before 1970'],
    ['ca.test; accounturi=https://ca.test/acme/account/acct_8', 'unauthorized', 'for another account'],
    [`ca.test; accounturi=${URL.toUpperCase()}`, 'unauthorized', 'URLs are compared as they are'],
    [`ca.test; accounturi=${URL}/`, 'unauthorized', 'URLs are compared as they are'],
    ['ca.test', 'malformed', 'for nobody'],
    ['ca.test; policy=wildcard', 'malformed', 'for nobody'],
    ['ca.test; accounturi=', 'malformed', 'for an empty account'],
    [`ca.test; accounturi=${URL};`, 'malformed', 'a semicolon at the end'],
    [`ca.test;; accounturi=${URL}`, 'malformed', 'an empty parameter'],
    [`ca.test; accounturi=${URL}; AccountURI=${URL}`, 'malformed', 'the account twice'],
    [`ca.test; accounturi=${URL}; policy=wildcard; policy=x`, 'malformed', 'the policy twice'],
    [`ca.test; accounturi=${URL}; persistUntil=9; PERSISTUNTIL=9`, 'malformed', 'the end twice'],
    [`ca.test; accounturi=${URL}; wildcard`, 'malformed', 'a tag alone'],
    [`ca.test; accounturi=${URL}; =1`, 'malformed', 'no tag'],
    [`ca.test; accounturi=${URL}; note=two words`, 'malformed', 'a space in a value, of whatever tag'],
    [`ca.test; accounturi=${URL}; note=ü`, 'malformed', 'a character outside ASCII'],
    [`ca.test; accounturi=${URL}; persistUntil=`, 'malformed', 'no end'],
    [`ca.test; accounturi=${URL}; persistUntil=2031-01-01`, 'malformed', 'an end that is no number'],
    [`ca.test; accounturi=${URL}; persistUntil=9223372036854775808`, 'malformed', 'more than 64 bits'],
    [`ca.test, accounturi=${URL}`, 'other-issuers', 'a comma for a semicolon'],
    [`other.test; accounturi=${URL}`, 'other-issuers', 'for another CA'],
    ['other.test; accounturi', 'other-issuers', "another CA's syntax is its own affair"],
    [`sub.ca.test; accounturi=${URL}`, 'other-issuers', 'a name below that of this CA'],
    [`; accounturi=${URL}`, 'other-issuers', 'for no CA'],
    ['', 'other-issuers', 'empty'],
  ])('%j: %s (%s)', (text, expected) => {
    expect(outcome([text])).toBe(expected);
  });

  test('names the CA in its international form, too', () => {
    const question = { ...NAME, issuers: ['xn--bcher-kva.test'] };
    expect(outcome([`b\u00fccher.test; accounturi=${URL}`], question)).toBe('allowed');
    expect(outcome([`bu\u0308cher.test; accounturi=${URL}`], question)).toBe('allowed');
    expect(outcome([`bucher.test; accounturi=${URL}`], question)).toBe('other-issuers');
  });

  test('is not read as an address where its CA has the name of one', () => {
    expect(outcome([`1.2.3; accounturi=${URL}`], { ...NAME, issuers: ['1.2.0.3'] })).toBe('other-issuers');
  });
});

describe('a record for a wildcard', () => {
  test.each([
    [`ca.test; accounturi=${URL}; policy=wildcard`, 'allowed'],
    [`ca.test; accounturi=${URL}; Policy=WildCard`, 'allowed'],
    [`ca.test; accounturi=${URL}`, 'unauthorized'],
    [`ca.test; accounturi=${URL}; policy=`, 'unauthorized'],
    [`ca.test; accounturi=${URL}; policy=wildcards`, 'unauthorized'],
  ])('%j: %s', (text, expected) => {
    expect(outcome([text], WILDCARD)).toBe(expected);
  });
});

describe('of several records', () => {
  const good = `ca.test; accounturi=${URL}`;
  const refusing = 'ca.test; accounturi=https://ca.test/acme/account/acct_8';
  const broken = 'ca.test; accounturi';
  const foreign = `other.test; accounturi=${URL}`;

  test('one that allows is enough, wherever it stands', () => {
    expect(outcome([broken, foreign, refusing, good])).toBe('allowed');
  });

  test('a broken one outranks those that do not allow, and those of other CAs count for nothing', () => {
    expect(outcome([refusing, broken, foreign])).toBe('malformed');
    expect(outcome([foreign, refusing])).toBe('unauthorized');
    expect(reasons([foreign, refusing])).not.toContain('other.test');
    expect(outcome([foreign, 'third.test'])).toBe('other-issuers');
    expect(reasons([foreign, 'third.test', foreign])).toBe('"other.test" | "third.test"');
  });
});

describe('a reason', () => {
  test.each([
    ['ca.test; accounturi=x', NAME, `it is for the account "x", and "${URL}" asks`],
    [`ca.test; accounturi=${URL}`, WILDCARD, 'it has no policy=wildcard, which a wildcard needs'],
    [
      `ca.test; accounturi=${URL}; policy=all`,
      WILDCARD,
      'it has policy="all", and a wildcard needs policy=wildcard',
    ],
    [
      `ca.test; accounturi=${URL}; persistUntil=${SECONDS - 60}`,
      NAME,
      `it was good until 2030-12-31T23:59:00Z (persistUntil=${SECONDS - 60}), and now is 2031-01-01T00:00:00Z`,
    ],
    [`ca.test; accounturi=${URL}; b\u001b[2J=\u202e`, NAME, 'has a character that is no printable ASCII'],
    [`ca.test; accounturi=${URL}; b`, NAME, 'its parameter "b" is not of the form tag=value'],
  ])('for %j says what is missing', (text, question, expected) => {
    expect(reasons([text], question)).toContain(expected);
    for (const character of ['\u001b', '\u202e']) expect(reasons([text], question)).not.toContain(character);
  });
});

describe('at once, although it has 64 kB:', () => {
  const letters = Array.from({ length: 20_000 }, (_, index) => String.fromCodePoint(0x4e00 + index)).join('');
  test.each([
    ['blanks in a parameter', `ca.test; accounturi=x${' '.repeat(65_000)}x`, 'malformed'],
    ['tabs in a tag', `ca.test; x${'\t'.repeat(65_000)}x=1`, 'malformed'],
    ['blanks in the name of the CA', `x${' '.repeat(65_000)}x`, 'other-issuers'],
    ['a name of different letters', `${letters}.test; accounturi=${URL}`, 'other-issuers'],
    ['parameters', `ca.test; accounturi=${URL}${';x='.repeat(20_000)}`, 'allowed'],
  ])('a record of %s is judged', (_, text, expected) => {
    const startedAt = performance.now();
    expect(outcome([text])).toBe(expected);
    expect(performance.now() - startedAt).toBeLessThan(200);
  });
});

test('the record that people are told to write is one that is allowed', () => {
  for (const question of [NAME, WILDCARD]) {
    const text = persistRecordFor(question);
    expect(outcome([text], question)).toBe('allowed');
  }
  expect(persistRecordFor(NAME)).toBe(`ca.test; accounturi=${URL}`);
  expect(persistRecordFor(WILDCARD)).toBe(`ca.test; accounturi=${URL}; policy=wildcard`);
});
