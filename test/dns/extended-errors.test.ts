import { afterEach, expect, test } from 'vitest';
import { readExtendedErrors } from '../../src/dns/extended-errors.ts';
import type { DnsReply } from '../support/dns-server.ts';
import { record, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

const clean: (() => unknown)[] = [];

afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

async function answerTo(reply: DnsReply) {
  const dns = await startDnsServer(() => reply);
  const resolver = resolverFor({ servers: [dns.server] });
  clean.push(
    () => resolver.close(),
    () => dns.stop(),
  );
  return await resolver.lookup('a.test', 'A');
}

test('SERVFAIL with an extended error says what the server said', async () => {
  const extendedErrors = [{ code: 6, text: 'signature expired' }, { code: 22 }];
  expect(await answerTo({ rcode: 2, extendedErrors })).toMatchObject({
    outcome: 'servfail',
    rcode: 'SERVFAIL',
    detail:
      'the server says DNSSEC Bogus (extended error 6): signature expired; No Reachable Authority (extended error 22)',
  });
});

test.each([
  ['NXDOMAIN', { rcode: 3, extendedErrors: [{ code: 17 }] }, 'Filtered (extended error 17)'],
  ['REFUSED', { rcode: 5, extendedErrors: [{ code: 18 }] }, 'Prohibited (extended error 18)'],
  ['NOTIMP', { rcode: 4, extendedErrors: [{ code: 21 }] }, 'Not Supported (extended error 21)'],
  ['no records', { extendedErrors: [{ code: 15 }] }, 'Blocked (extended error 15)'],
  [
    'a code of its own',
    { rcode: 2, extendedErrors: [{ code: 49_152 }] },
    'something unknown (extended error 49152)',
  ],
])('an extended error with %s is told as well', async (_what, reply, words) => {
  expect(await answerTo(reply)).toMatchObject({ detail: `the server says ${words}` });
});

test('an answer with records, or an error without more, has no detail', async () => {
  const answers = [record('a.test', 'A', '192.0.2.1')];
  expect(await answerTo({ answers, extendedErrors: [{ code: 3 }] })).not.toHaveProperty('detail');
  expect(await answerTo({ rcode: 2 })).not.toHaveProperty('detail');
});

test('foreign text is made printable and cut, and the third error is the last', async () => {
  const text = Buffer.from(`\x1b[31m\xff\n${'x'.repeat(1000)}`, 'latin1');
  const extendedErrors = [{ code: 0, text }, { code: 0, text: 'ended by null\0' }, { code: 0 }, { code: 0 }];
  const { detail } = await answerTo({ rcode: 2, extendedErrors });
  const first = `Other Error (extended error 0): ?[31m??${'x'.repeat(193)}...`;
  expect(detail).toBe(
    `the server says ${first}; Other Error (extended error 0): ended by null; Other Error (extended error 0)`,
  );
});

test.each([
  ['none', [], []],
  ['a cut head', [0, 15, 0], []],
  ['a length beyond the end', [0, 15, 0, 9, 0, 6], []],
  ['an error without a code', [0, 15, 0, 1, 6], []],
  ['another option first', [0, 10, 0, 1, 9, 0, 15, 0, 2, 0, 7], [{ code: 7, text: '' }]],
  ['damage after an error', [0, 15, 0, 2, 0, 7, 0, 15, 255], [{ code: 7, text: '' }]],
])('options: %s', (_what, bytes, expected) => {
  expect(readExtendedErrors(Uint8Array.from(bytes))).toEqual(expected);
});
