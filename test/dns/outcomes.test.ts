import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { Answer, AnswerOutcome } from '../../src/dns/resolver.ts';
import type { DnsHandler } from '../support/dns-server.ts';
import { answerMessage, record, startDnsServer } from '../support/dns-server.ts';
import { resolverFor } from './resolver-for.ts';

/** Its keys are all outcomes, or the compiler complains. */
const CASES: Readonly<
  Record<Exclude<AnswerOutcome, 'network-error' | 'no-server'>, readonly [DnsHandler, object]>
> = {
  answered: [
    () => ({ answers: [record('a.test', 'A', '192.0.2.1', 60)] }),
    { rcode: 'NOERROR', values: ['192.0.2.1'], ttlSeconds: 60, tries: 1 },
  ],
  empty: [() => ({}), { rcode: 'NOERROR', tries: 1 }],
  nxdomain: [() => ({ rcode: 3 }), { rcode: 'NXDOMAIN', tries: 1 }],
  servfail: [
    () => ({ rcode: 2, extendedErrors: [{ code: 6, text: 'no signature' }] }),
    { rcode: 'SERVFAIL', tries: 1, detail: 'the server says DNSSEC Bogus (extended error 6): no signature' },
  ],
  refused: [() => ({ rcode: 5 }), { rcode: 'REFUSED', tries: 1 }],
  'other-rcode': [() => ({ rcode: 9 }), { rcode: 'NOTAUTH', tries: 1 }],
  'malformed-answer': [
    (query) => ({ raw: answerMessage(query, {}).subarray(0, 14) }),
    { tries: 1, detail: 'the answer is damaged: the message ends too early' },
  ],
  timeout: [
    () => ({ delay: 'never' }),
    { tries: 3, detail: expect.stringMatching(/^(127\.0\.0\.1:\d+: no answer within 100 ms(; |$)){3}$/) },
  ],
};

function told(answer: Answer) {
  const { name, type, durationMs, ...rest } = answer;
  expect([name, type, durationMs >= 0]).toEqual(['a.test', 'A', true]);
  return rest;
}

test.each(Object.entries(CASES))(
  '%s: the answer tells its code, its server, its tries and why',
  async (outcome, [handler, facts]) => {
    const dns = await startDnsServer(handler);
    const resolver = resolverFor({ servers: [dns.server], timeoutMs: 100 });
    onTestFinished(async () => {
      resolver.close();
      await dns.stop();
    });
    expect(told(await resolver.lookup('a.test', 'A'))).toEqual({
      source: { kind: 'server', server: dns.server },
      outcome,
      cnames: [],
      values: [],
      ...facts,
    });
  },
);

test('network-error: the answer tells the server and why, for each try', async () => {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const server = `127.0.0.1:${socket.address().port}`;
  socket.close();
  await once(socket, 'close');
  const resolver = resolverFor({ servers: [server] });
  onTestFinished(() => resolver.close());
  const answer = told(await resolver.lookup('a.test', 'A'));
  expect(answer).toEqual({
    source: { kind: 'server', server },
    outcome: 'network-error',
    cnames: [],
    values: [],
    tries: 3,
    detail: expect.any(String),
  });
  const tries = answer.detail?.split('; ') ?? [];
  expect(tries).toHaveLength(3);
  for (const each of tries) expect(each).toMatch(new RegExp(`^${server}: .*ECONNREFUSED`));
});

test('no-server: the answer tells what to set', async () => {
  const systemFiles = { hosts: () => new Map(), servers: () => [] };
  const resolver = resolverFor({}, { systemFiles });
  expect(told(await resolver.lookup('a.test', 'A'))).toEqual({
    source: { kind: 'server', server: 'none' },
    outcome: 'no-server',
    cnames: [],
    values: [],
    tries: 0,
    detail: 'no DNS server is known: /etc/resolv.conf names none; set dns.servers',
  });
});
