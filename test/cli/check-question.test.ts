import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/application/configuration.ts';
import { checkSubject, rehearsalQuestion } from '../../src/cli/check-question.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

test('the token and the key authorization of a check come from the given randomness', () => {
  const asked: number[] = [];
  const randomness = {
    bytes: (count: number) => {
      asked.push(count);
      return new Uint8Array(count).fill(asked.length);
    },
  };
  const subject = { identifier: { type: 'dns', value: 'a.test' }, wildcard: false, type: 'http-01' } as const;
  const { token, keyAuthorization, rehearsal } = rehearsalQuestion(subject, undefined, randomness);
  const text = (byte: number) => Buffer.alloc(32, byte).toString('base64url');
  expect({ token, keyAuthorization, rehearsal, asked }).toEqual({
    token: text(1),
    keyAuthorization: `${text(1)}.${text(2)}`,
    rehearsal: true,
    asked: [32, 32],
  });
});

const DEFAULTS = parseConfiguration({});

test.each([
  ['*.a.test', 'http-01', 'a check by http-01 says nothing about *.a.test'],
  ['*.a.test', 'tls-alpn-01', 'use --type dns-01, or leave it out'],
  ['127.0.0.1', 'dns-01', 'a check by dns-01 says nothing about 127.0.0.1'],
] as const)('%s with --type %s is bad usage', (name, type, complaint) => {
  expect(() => checkSubject(name, type, DEFAULTS)).toThrow(UsageError);
  expect(() => checkSubject(name, type, DEFAULTS)).toThrow(complaint);
});

test('where no way that can be checked is switched on, the setting is named', () => {
  const { policy, validation } = parseConfiguration({ policy: { challengeTypes: ['dns-account-01'] } });
  expect(() => checkSubject('a.test', undefined, { policy, validation })).toThrow(
    'a check by http-01 says nothing about a.test, for which an order offers dns-account-01: policy.challengeTypes says which ones are switched on.',
  );
});

test('an IPv6 address may be typed in any of its spellings', () => {
  expect(checkSubject('2001:DB8:0:0::1', undefined, DEFAULTS)).toEqual({
    ok: true,
    value: { identifier: { type: 'ip', value: '2001:db8::1' }, wildcard: false, type: 'http-01' },
  });
});
