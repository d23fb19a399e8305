import { describe, expect, test } from 'vitest';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type {
  PersistFailure,
  WrongTxtCause,
  WrongTxtFailure,
} from '../../src/protocol/validation-failure.ts';

const EXPECTED = 'gfj9Xq-Rg5hBLuZrQPGmRxbU2ETCmdOOrJ7MhVzK-s4';
const WRONG: WrongTxtFailure = {
  class: 'wrong-txt',
  name: '_acme-challenge.a.test',
  expected: EXPECTED,
  received: ['v=spf1 -all', 'near'],
  nearest: 'near',
};

describe('a wrong TXT record', () => {
  test('is told by the value that comes nearest, and how many others there are', () => {
    expect(explainFailure(WRONG)).toEqual({
      code: 'unauthorized',
      detail:
        `Incorrect TXT record "near" (and 1 more) found at _acme-challenge.a.test. Expected "${EXPECTED}". ` +
        'Add a TXT record with the expected value, and wait until all name servers of the zone have it.',
    });
  });

  test('of a record of an older version is told by the first value', () => {
    const { nearest: _nearest, ...older } = WRONG;
    expect(explainFailure(older).detail).toContain('Incorrect TXT record "v=spf1 -all" (and 1 more)');
  });

  test.each([
    ['quoted', 'Take the quotation marks out'],
    ['surrounded', 'something stands beside it'],
    ['base64', 'no = at the end'],
    ['hexadecimal', 'not in hexadecimal'],
    ['letter-case', 'Keep capital and small letters'],
    ['key-authorization', 'not the key authorization itself'],
    ['token', 'not the token'],
    ['other-digest', 'the digest of another challenge'],
  ] satisfies (readonly [WrongTxtCause, string])[])('by the mistake %s: %s', (cause, words) => {
    expect(explainFailure({ ...WRONG, cause }).detail).toContain(words);
  });

  test('below an alias names both ends, and the account whose label the name has', () => {
    const { detail } = explainFailure({ ...WRONG, alias: 'b.test', accountUrl: 'https://ca.test/acct_1' });
    expect(detail).toContain(
      'found at _acme-challenge.a.test, an alias of b.test (account: https://ca.test/acct_1). Expected',
    );
    expect(detail).toContain('Add a TXT record with the expected value at b.test');
  });
});

describe('a persistent record that gives no leave', () => {
  const REFUSED: PersistFailure = {
    class: 'persist',
    name: '_validation-persist.a.test',
    fault: 'unauthorized',
    reasons: ['it is for another account'],
    expected: 'ca.test; accounturi=x',
  };

  test.each([
    ['unauthorized', REFUSED, 'unauthorized', 'a.test: it is for another account. Put'],
    [
      'malformed',
      { ...REFUSED, fault: 'malformed' },
      'malformed',
      'a.test: the syntax of the record that names this CA is broken: it is for another account. Put',
    ],
    [
      'several, of which two are told',
      { ...REFUSED, fault: 'malformed', reasons: ['one', 'two', 'three'] },
      'malformed',
      'the syntax of the records that name this CA is broken: one; two (and 1 more). Put',
    ],
    [
      'for others',
      { ...REFUSED, fault: 'other-issuers', reasons: ['"x.test"', '"y.test"'] },
      'unauthorized',
      'a.test: none names this CA, but "x.test" and "y.test". Put',
    ],
  ] satisfies (readonly [string, PersistFailure, string, string])[])(
    '%s',
    (_, failure: PersistFailure, code, words) => {
      const problem = explainFailure(failure);
      expect(problem.code).toBe(code);
      expect(problem.detail).toContain(`No valid TXT record found at _validation-persist.`);
      expect(problem.detail).toContain(words);
      expect(problem.detail).toContain(
        'Put the TXT record "ca.test; accounturi=x" at _validation-persist.a.test.',
      );
    },
  );

  test('below an alias is to be put at its other end', () => {
    const { detail } = explainFailure({ ...REFUSED, alias: 'b.test' });
    expect(detail).toContain('_validation-persist.a.test, an alias of b.test: ');
    expect(detail).toContain('at b.test.');
  });
});
