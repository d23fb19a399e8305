import { describe, expect, test } from 'vitest';
import type { CaaQuestion } from '../../src/policy/caa.ts';
import { caaNames, decideCaa, isCaaFault } from '../../src/policy/caa.ts';
import { ADDRESS_POLICIES } from '../../src/protocol/address-family-rule.ts';
import type { CaaRecord } from '../../src/protocol/caa.ts';

/** `[FLAGS ]TAG VALUE` as in a zone file, without the quotation marks. */
function record(text: string): CaaRecord {
  const [, flags = '', tag = '', value = ''] = /^(\d+) (\S+) (.*)$/.exec(text) ?? [];
  return { critical: (Number(flags) & 128) !== 0, tag, value };
}

function decide(records: readonly string[], ca: string, question: Partial<CaaQuestion> = {}) {
  return decideCaa(records.map(record), {
    identities: [ca],
    wildcard: false,
    method: 'http-01',
    ...question,
  });
}

const decisionOf = (...args: Parameters<typeof decide>) => decide(...args).decision;

const CA1 = 'ca1.example.net';
const CA2 = 'ca2.example.org';

describe('RFC 8659 section 4.2, issue', () => {
  const certs = [`0 issue ${CA1}`, `0 issue ${CA2}`];

  test.each([
    ['certs.example.com', certs, CA1, 'authorized'],
    ['certs.example.com', certs, CA2, 'authorized'],
    ['certs.example.com', certs, 'ca3.example', 'not-authorized'],
    ['nocerts.example.com', ['0 issue ;'], CA1, 'not-authorized'],
    [
      'an empty value beside a named CA: they are additive',
      ['0 issue ;', `0 issue ${CA1}`],
      CA1,
      'authorized',
    ],
    ['a parameter that means nothing here', [`0 issue ${CA1}; account=230123`], CA1, 'authorized'],
    ['malformed.example.com', ['0 issue %%%%%'], CA1, 'malformed-record'],
    ['malformed beside a named CA', ['0 issue %%%%%', `0 issue ${CA1}`], CA1, 'authorized'],
    ['malformed beside another CA', [`0 issue ${CA2}`, '0 issue %%%%%'], CA1, 'malformed-record'],
  ])('%s: %j', (_name, records, ca, decision) => {
    expect(decisionOf(records, ca)).toBe(decision);
  });
});

describe('RFC 8659 section 4.3, issuewild', () => {
  const wild = [`0 issue ${CA1}`, `0 issuewild ${CA2}`];
  const wild2 = [`0 issue ${CA1}`];
  const wild3 = [`0 issuewild ${CA2}`, '0 issue ;'];
  const wild3Open = [`0 issuewild ${CA2}`];

  test.each([
    ['wild.example.com', wild, false, CA1, 'authorized'],
    ['wild.example.com', wild, false, CA2, 'not-authorized'],
    ['*.wild.example.com', wild, true, CA1, 'not-authorized'],
    ['*.wild.example.com', wild, true, CA2, 'authorized'],
    ['wild2.example.com', wild2, false, CA1, 'authorized'],
    ['*.wild2.example.com', wild2, true, CA1, 'authorized'],
    ['*.wild2.example.com', wild2, true, CA2, 'not-authorized'],
    ['wild3.example.com', wild3, false, CA2, 'not-authorized'],
    ['*.wild3.example.com', wild3, true, CA2, 'authorized'],
    ['*.wild3.example.com', wild3, true, CA1, 'not-authorized'],
    ['wild3.example.com with issuewild alone', wild3Open, false, CA1, 'no-restriction'],
    ['*.wild3.example.com with issuewild alone', wild3Open, true, CA1, 'not-authorized'],
    [
      'a malformed issuewild still counts',
      [`0 issue ${CA1}`, '0 issuewild %'],
      true,
      CA1,
      'malformed-record',
    ],
    ['an empty issuewild still counts', [`0 issue ${CA1}`, '0 issuewild ;'], true, CA1, 'not-authorized'],
  ])('%s: %j, wildcard %j, asked by %s', (_name, records, wildcard, ca, decision) => {
    expect(decisionOf(records, ca, { wildcard })).toBe(decision);
  });
});

describe('RFC 8659 sections 4.1, 4.4 and 4.5: other properties', () => {
  test.each([
    ['no record', [], 'no-records'],
    ['report.example.com', [`0 issue ${CA1}`, '0 iodef mailto:security@example.com'], 'authorized'],
    ['only iodef', ['0 iodef http://iodef.example.com/'], 'no-restriction'],
    ['a critical iodef', ['128 iodef mailto:a@example.com'], 'no-restriction'],
    ['new.example.com', [`0 issue ${CA1}`, '128 tbs Unknown'], 'unknown-critical'],
    ['an unknown property that is not critical', [`0 issue ${CA1}`, '0 tbs Unknown'], 'authorized'],
    ['reserved flags alone', [`0 issue ${CA1}`, '127 tbs Unknown'], 'authorized'],
    ['a critical issue', [`128 issue ${CA1}`], 'authorized'],
    ['a critical issuewild for a name', ['128 issuewild ca2.example'], 'no-restriction'],
    ['issuemail and issuevmc, critical', ['128 issuemail ;', '128 issuevmc ;'], 'no-restriction'],
    ['contacts, critical', ['128 contactemail a@example.com', '128 contactphone +1'], 'no-restriction'],
  ])('%s: %j', (_name, records, decision) => {
    expect(decisionOf(records, CA1)).toBe(decision);
  });
});

describe('RFC 8657', () => {
  const ACCOUNT = 'https://example.net/account/1234';
  const OTHER = 'https://example.net/account/2345';
  const asks = (records: readonly string[], accountUrl: string | undefined, method: CaaQuestion['method']) =>
    decisionOf(records, 'example.net', { method, ...(accountUrl === undefined ? {} : { accountUrl }) });

  test.each([
    ['one of two accounts', OTHER, 'authorized'],
    ['the other of them', ACCOUNT, 'authorized'],
    ['a third one', 'https://example.net/account/1', 'wrong-account'],
    ['one whose URL begins alike', `${ACCOUNT}5`, 'wrong-account'],
    ['one written in capitals', ACCOUNT.toUpperCase(), 'wrong-account'],
    ['nobody', undefined, 'wrong-account'],
  ])('appendix A, two accounts: asked by %s', (_who, accountUrl, decision) => {
    const records = [
      `0 issue example.net; accounturi=${ACCOUNT}`,
      `0 issue example.net; accounturi=${OTHER}`,
    ];
    expect(asks(records, accountUrl, 'http-01')).toBe(decision);
  });

  test.each([
    [['0 issue example.net; validationmethods=dns-01,xyz-01']],
    [['0 issue example.net; validationmethods=dns-01', '0 issue example.net; validationmethods=xyz-01']],
    [['0 issue example.net; validationmethods=dns-01,ca-foo']],
  ])('appendix A, methods: %j', (records) => {
    expect(asks(records, undefined, 'dns-01')).toBe('authorized');
    expect(asks(records, undefined, 'http-01')).toBe('wrong-method');
  });

  test.each([
    [ACCOUNT, 'dns-01', 'authorized'],
    [OTHER, 'http-01', 'authorized'],
    [ACCOUNT, 'http-01', 'wrong-account'],
    [OTHER, 'dns-01', 'wrong-account'],
  ] as const)('appendix A, a method for each account: %s by %s', (accountUrl, method, decision) => {
    const records = [
      `0 issue example.net; accounturi=${ACCOUNT}; validationmethods=dns-01`,
      `0 issue example.net; accounturi=${OTHER}; validationmethods=http-01`,
    ];
    expect(asks(records, accountUrl, method)).toBe(decision);
  });

  test.each([
    [
      `accounturi=${ACCOUNT}; accounturi=${ACCOUNT}`,
      'malformed-record',
      'it has accounturi twice (RFC 8657 section 3)',
    ],
    ['accounturi=', 'wrong-account', undefined],
    ['accounturi=not a URI', 'malformed-record', 'it is not written as RFC 8659 section 4.2 asks'],
    [`AccountURI=${OTHER}`, 'wrong-account', undefined],
    [
      'validationmethods=http-01; validationmethods=http-01',
      'malformed-record',
      'it has validationmethods twice',
    ],
    ['validationmethods=', 'wrong-method', undefined],
    ['validationmethods=HTTP-01', 'wrong-method', undefined],
    [
      'validationmethods=http-01,',
      'malformed-record',
      'its validationmethods are no list as RFC 8657 section 4 has it',
    ],
    [
      'validationmethods=http_01',
      'malformed-record',
      'its validationmethods are no list as RFC 8657 section 4 has it',
    ],
    ['validationmethods=dns-01,http-01', 'authorized', undefined],
  ])('%s', (parameters, decision, reason) => {
    const verdict = decide([`0 issue example.net; ${parameters}`], 'example.net', { accountUrl: ACCOUNT });
    expect(verdict.decision).toBe(decision);
    if (reason !== undefined) expect(verdict).toMatchObject({ reason });
  });

  const METHOD_TOO = `0 issue example.net; accounturi=${ACCOUNT}; validationmethods=dns-01`;
  const ACCOUNT_ALONE = `0 issue example.net; accounturi=${ACCOUNT}`;

  test.each([
    ['a method that nobody may use, whichever account asks', [METHOD_TOO], 'wrong-method'],
    ['another record that lacks the account alone', [METHOD_TOO, ACCOUNT_ALONE], 'wrong-account'],
    ['the same, the other way round', [ACCOUNT_ALONE, METHOD_TOO], 'wrong-account'],
  ])('while no account asks: %s', (_what, records, decision) => {
    expect(asks(records, undefined, 'http-01')).toBe(decision);
    expect(asks(records, OTHER, 'http-01')).toBe('wrong-account');
  });

  test('applies to issuewild as well', () => {
    const records = ['0 issue example.net', '0 issuewild example.net; validationmethods=dns-01'];
    expect(decisionOf(records, 'example.net', { wildcard: true, method: 'dns-account-01' })).toBe(
      'wrong-method',
    );
    expect(decisionOf(records, 'example.net', { wildcard: true, method: 'dns-01' })).toBe('authorized');
    expect(decisionOf(records, 'example.net')).toBe('authorized');
  });
});

test('any of several identities is this CA', () => {
  const identities = ['new.example', 'old.example'];
  expect(decisionOf(['0 issue old.example'], '', { identities })).toBe('authorized');
  expect(decisionOf(['0 issue Old.Example'], '', { identities })).toBe('authorized');
  expect(decisionOf(['0 issue sub.old.example'], '', { identities })).toBe('not-authorized');
});

test('a value without an issuer means no CA, whatever its parameters', () => {
  expect(decisionOf(['0 issue ; accounturi=https://a'], CA1)).toBe('not-authorized');
  expect(decisionOf(['0 issue '], CA1)).toBe('not-authorized');
});

test('the verdict has the record that decided: the critical one, the allowing one, or the one that came closest', () => {
  const other = `0 issue ${CA2}`;
  const wrongMethod = `0 issue ${CA1}; validationmethods=dns-01`;
  expect(decide([other, '128 tbs x', `0 issue ${CA1}`], CA1)).toMatchObject({ record: record('128 tbs x') });
  expect(decide([other, wrongMethod, `0 issue ${CA1}`], CA1)).toMatchObject({
    record: record(`0 issue ${CA1}`),
  });
  expect(decide([other, wrongMethod], CA1)).toMatchObject({
    record: record(wrongMethod),
    expected: 'http-01',
  });
  expect(decide([other, '0 issue ca3.example'], CA1)).toMatchObject({ record: record(other) });
  const wrongAccount = `0 issue ${CA1}; accounturi=https://a`;
  expect(decide([other, wrongAccount], CA1, { accountUrl: 'https://b' })).toMatchObject({
    record: record(wrongAccount),
    expected: 'https://b',
  });
});

test('RFC 8659 section 3: looks at the name and all above it but the root', () => {
  expect(caaNames('x.y.z')).toEqual(['x.y.z', 'y.z', 'z']);
  expect(caaNames('z')).toEqual(['z']);
});

test.each([
  ['answered', false],
  ['empty', false],
  ['nxdomain', false],
  ['servfail', true],
  ['refused', true],
  ['other-rcode', true],
  ['timeout', true],
  ['network-error', true],
  ['malformed-answer', true],
  ['no-server', true],
] as const)('%s is a fault: %j', (outcome, fault) => {
  for (const policy of ADDRESS_POLICIES) expect(isCaaFault('www.example', outcome, policy)).toBe(fault);
});

test('NXDOMAIN of a top-level domain is a fault under boulder alone', () => {
  const faults = ADDRESS_POLICIES.filter((policy) => isCaaFault('example', 'nxdomain', policy));
  expect(faults).toEqual(['boulder']);
});
