import { expect, test } from 'vitest';
import { caaLookupWords, recordWords, tellCaa } from '../../src/explanation/caa-words.ts';
import { explainFailure } from '../../src/explanation/failure-problem.ts';
import type { CaaRecord } from '../../src/protocol/caa.ts';
import type { CaaFailure } from '../../src/protocol/validation-failure.ts';
import type { CaaStep, LookupStep } from '../../src/protocol/validation-record.ts';

const issue = (value: string): CaaRecord => ({ critical: false, tag: 'issue', value });

const REFUSED: CaaFailure = {
  class: 'caa',
  name: 'www.zone.test',
  wildcard: false,
  foundAt: 'zone.test',
  decision: 'not-authorized',
  record: issue('other.example'),
  identities: ['ca.example', 'old.example'],
};

test('all identities of this CA are named, and the first of them goes into the record to add', () => {
  expect(explainFailure(REFUSED)).toEqual({
    code: 'caa',
    detail:
      'While processing CAA for www.zone.test: CAA record for zone.test prevents issuance: ' +
      'zone.test. CAA 0 issue "other.example" (no record there names this CA, ca.example or old.example). ' +
      'Add the record zone.test. CAA 0 issue "ca.example"; one that allows is enough.',
  });
});

test.each([
  ['validationmethods=dns-01', 'validationmethods=dns-01,http-01'],
  ['validationmethods=', 'validationmethods=http-01'],
  ['validationmethods = dns-01 ; a=1', 'validationmethods = dns-01,http-01 ; a=1'],
  [
    'accounturi=https://a/1; ValidationMethods=dns-01',
    'accounturi=https://a/1; ValidationMethods=dns-01,http-01',
  ],
])('a list of methods gets the one that was used, and what else is asked for stays: %s', (value, better) => {
  const record = issue(`ca.example; ${value}`);
  const { detail } = explainFailure({ ...REFUSED, decision: 'wrong-method', record, expected: 'http-01' });
  expect(detail).toContain(`Make it zone.test. CAA 0 issue "ca.example; ${better}", or`);
});

test('a record to add is whole, however long it is', () => {
  const identity = `${'long-name.'.repeat(20)}example`;
  const expected = `https://${'another-name.'.repeat(12)}example:14000/acme/account/acct_1`;
  const { detail } = explainFailure({
    ...REFUSED,
    decision: 'wrong-account',
    record: issue(`${identity}; accounturi=https://elsewhere.example/1`),
    identities: [identity],
    expected,
  });
  expect(detail).toContain(`Add the record zone.test. CAA 0 issue "${identity}; accounturi=${expected}", or`);
});

test('nobody is told to write a record that was cut when it was kept', () => {
  const cut = `ca.example; accounturi=https://${'name.'.repeat(20)}`.padEnd(128, 'x');
  const told = (decision: CaaFailure['decision'], expected: string) =>
    explainFailure({ ...REFUSED, decision, record: issue(`${cut}...`), expected }).detail;
  expect(told('wrong-method', 'http-01')).toContain(
    ' Add http-01 to the validationmethods of that record, or prove control',
  );
  expect(told('unknown-critical', '')).toMatch(/ Take the record away, or its critical flag\.$/);
});

test('where it is not known who asked, nobody is told that no account did', () => {
  const { detail } = explainFailure({ ...REFUSED, decision: 'wrong-account' });
  expect(detail).toContain('(it names the account that may, and the URL of the one that asks is not known)');
  expect(detail).toContain(' Ask anew with the account that it names, or take accounturi away.');
});

test('a record is written as a zone file has it', () => {
  expect(recordWords({ critical: true, tag: 'tbs', value: 'a"b' })).toBe('128 tbs "a\\"b"');
});

test.each<[Partial<LookupStep>, string]>([
  [{ outcome: 'answered', values: ['0 issue "a"', '0 issue ";"'] }, '0 issue "a", 0 issue ";"'],
  [{ outcome: 'empty' }, 'no such record'],
  [{ outcome: 'nxdomain' }, 'no such name (NXDOMAIN), so no such record'],
  [{ outcome: 'timeout' }, 'DNS problem: query timed out looking up CAA for zone.test'],
])('a look-up is told as an answer to who may issue: %j', (facts, words) => {
  const step: LookupStep = {
    step: 'lookup',
    name: 'zone.test',
    type: 'CAA',
    source: { kind: 'server', server: '192.0.2.53:53' },
    outcome: 'empty',
    cnames: [],
    values: [],
    tries: 1,
    durationMs: 1,
    ...facts,
  };
  expect(caaLookupWords(step)).toBe(words);
});

test.each<[Partial<CaaStep>, string]>([
  [{ decision: 'no-records' }, 'CAA: no record is about www.zone.test, so any CA may issue.'],
  [
    { decision: 'no-records', wildcard: true },
    'CAA: no record is about *.www.zone.test, so any CA may issue.',
  ],
  [
    { foundAt: 'zone.test', records: [issue('ca.example')], decision: 'authorized' },
    'CAA at zone.test is about www.zone.test: 0 issue "ca.example": this CA may issue.',
  ],
  [
    { foundAt: 'zone.test', records: [issue('a'), issue('b')], decision: 'not-authorized' },
    'CAA at zone.test is about www.zone.test: 0 issue "a", 0 issue "b": this CA may not issue.',
  ],
])('what CAA says is told in a line: %j', (facts, line) => {
  const step: CaaStep = {
    step: 'caa',
    name: 'www.zone.test',
    wildcard: false,
    records: [],
    decision: 'no-records',
    ...facts,
  };
  expect(tellCaa(step)).toBe(line);
});
