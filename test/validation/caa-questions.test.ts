import { createHash } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { ValidationRecord } from '../../src/protocol/validation-record.ts';
import { resolverFor } from '../dns/resolver-for.ts';
import { answerFrom, startDnsServer } from '../support/dns-server.ts';
import { CHALLENGE_PATH, KEY_AUTHORIZATION, questionFor, validate } from '../support/validation-lab.ts';
import { startWebServer } from '../support/web-server.ts';

const NAME = 'www.zone.test';
const OURS = 'touchstone.test';
const DIGEST = createHash('sha256').update(KEY_AUTHORIZATION).digest('base64url');

const clean: (() => unknown)[] = [];
afterEach(async () => {
  for (const action of clean.splice(0)) await action();
});

function lookupsOf({ steps }: ValidationRecord): readonly string[] {
  return steps.flatMap((step) =>
    step.step === 'lookup' && step.type === 'CAA' ? [`${step.name} ${step.outcome}`] : [],
  );
}

test('all names side by side: no answer is waited for before the last question has left', async () => {
  const held: (() => void)[] = [];
  const server = await startDnsServer(async (query) => {
    if (query.type === 'TXT') return answerFrom({ [query.name]: { TXT: [DIGEST] } })(query);
    await new Promise<void>((resolve) => held.push(resolve));
    return {};
  });
  const resolver = resolverFor({ servers: [server.server], timeoutMs: 5000 });
  clean.push(
    () => resolver.close(),
    () => server.stop(),
  );
  const verdict = validate({
    resolver,
    caa: { enabled: true, identities: [OURS] },
    question: { ...questionFor({ type: 'dns', value: NAME }), challengeType: 'dns-01' },
  });
  await server.received(4);
  for (const letGo of held) letGo();
  expect((await verdict).passed).toBe(true);
  const asked = server.queries.map(({ type, name }) => `${type} ${name}`);
  expect(asked.sort()).toEqual(['CAA test', `CAA ${NAME}`, 'CAA zone.test', `TXT _acme-challenge.${NAME}`]);
});

test.each([
  ['dns.hosts', 'web.zone.test', { hosts: { 'web.zone.test': ['127.0.0.1'] } }],
  ['a wildcard of dns.hosts', 'web.zone.test', { hosts: { '*.zone.test': ['127.0.0.1'] } }],
  ['the localhost rule', 'a.b.localhost', { servers: 'system' }],
])('nobody about a name of %s: not a packet leaves', async (_rule, name, dns) => {
  const web = await startWebServer('127.0.0.1', 0, (_, response) => response.end(KEY_AUTHORIZATION));
  const server = await startDnsServer(answerFrom({}));
  const files = { hosts: () => new Map(), servers: () => [{ address: '127.0.0.1', port: server.port }] };
  const resolver = resolverFor({ servers: [server.server], ...dns }, { systemFiles: files });
  clean.push(
    () => resolver.close(),
    () => server.stop(),
    () => web.stop(),
  );
  const { passed, record } = await validate({
    resolver,
    httpPort: web.port,
    ipv6: false,
    caa: { enabled: true, identities: [OURS] },
    question: questionFor({ type: 'dns', value: name }),
  });
  expect(passed, JSON.stringify(record.failure)).toBe(true);
  expect(web.requests.map(({ url }) => url)).toEqual([CHALLENGE_PATH]);
  expect(server.queries).toEqual([]);
  expect(lookupsOf(record)).toEqual([`${name} empty`]);
  expect(record.steps.filter(({ step }) => step === 'caa')).toEqual([
    { step: 'caa', name, wildcard: false, records: [], decision: 'no-records' },
  ]);
});

test('nobody about an address', async () => {
  const web = await startWebServer('127.0.0.1', 0, (_, response) => response.end(KEY_AUTHORIZATION));
  const server = await startDnsServer(answerFrom({}));
  const resolver = resolverFor({ servers: [server.server] });
  clean.push(
    () => resolver.close(),
    () => server.stop(),
    () => web.stop(),
  );
  const { passed, record } = await validate({
    resolver,
    httpPort: web.port,
    caa: { enabled: true, identities: [OURS] },
    question: questionFor({ type: 'ip', value: '127.0.0.1' }),
  });
  expect(passed).toBe(true);
  expect(server.queries).toEqual([]);
  expect(record.steps.some(({ step }) => step === 'caa')).toBe(false);
});
