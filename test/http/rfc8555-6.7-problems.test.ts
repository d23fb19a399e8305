import { afterAll, beforeAll, expect, test } from 'vitest';
import { AcmeError } from '../../src/protocol/acme-error.ts';
import type { AcmeTestServer } from '../support/acme-application.ts';
import { startAcmeServer } from '../support/acme-application.ts';
import { AcmeRequests, get, problemOf, sendRaw } from '../support/acme-requests.ts';

let server: AcmeTestServer;
let client: AcmeRequests;
let failure: unknown;

beforeAll(async () => {
  server = await startAcmeServer({
    registration: {
      newOrder: async () => {
        throw failure;
      },
    },
  });
  client = await AcmeRequests.withAccount(server.base);
});
afterAll(() => server.listener.close(0));

const order = () => client.post('/acme/new-order', { identifiers: [] });

test('a refusal becomes a problem document with its subproblems, status and Retry-After', async () => {
  failure = new AcmeError('rejectedIdentifier', 'two of them', {
    retryAfterSeconds: 30,
    subproblems: [
      { code: 'unsupportedIdentifier', detail: 'no', identifier: { type: 'dns', value: 'a' } },
      { code: 'rejectedIdentifier', detail: 'never', identifier: { type: 'dns', value: 'b' } },
    ],
  });
  const answer = await order();
  expect(answer.status).toBe(400);
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('retry-after')).toBe('30');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('link')).toBe(`<${server.base}/dir>;rel="index"`);
  expect(answer.json).toEqual({
    type: 'urn:ietf:params:acme:error:rejectedIdentifier',
    detail: 'two of them',
    status: 400,
    subproblems: [
      {
        type: 'urn:ietf:params:acme:error:unsupportedIdentifier',
        detail: 'no',
        identifier: { type: 'dns', value: 'a' },
      },
      {
        type: 'urn:ietf:params:acme:error:rejectedIdentifier',
        detail: 'never',
        identifier: { type: 'dns', value: 'b' },
      },
    ],
  });
});

test.each([
  ['an error', new Error('the password is swordfish')],
  ['a serverInternal of ours', new AcmeError('serverInternal', 'the password is swordfish')],
  ['no error at all', 'swordfish'],
])(
  '%s that nobody expected becomes serverInternal; its cause goes to the log alone',
  async (_what, thrown) => {
    failure = thrown;
    const answer = await order();
    expect([answer.status, problemOf(answer)]).toEqual([500, 'serverInternal']);
    expect(answer.text).not.toContain('swordfish');
    const incident = /incident ([0-9a-f]{16})/.exec(answer.text)?.[1];
    expect(incident).toBeDefined();
    const line = server.log.find(({ facts }) => facts.incident === incident);
    expect(line).toMatchObject({
      level: 'error',
      facts: { path: '/acme/new-order', status: 500, err: thrown },
    });
  },
);

test('an unknown path is answered 404, a broken one 400, both with problem documents', async () => {
  const unknown = await get(`${server.base}/acme/key-change`);
  expect([unknown.status, problemOf(unknown)]).toEqual([404, 'malformed']);
  expect(unknown.headers.get('link')).toBe(`<${server.base}/dir>;rel="index"`);
  const broken = await get(`${server.base}/acme/order/%ff`);
  expect([broken.status, problemOf(broken)]).toEqual([400, 'malformed']);
});

test.each([
  ['what is not HTTP', 'hello\r\n\r\n', 400],
  ['a header over 16 kB', `GET /dir HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`, 431],
  ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n', 405],
])("%s, which Node's own parser refuses, gets a problem document too", async (_what, bytes, status) => {
  const received = await sendRaw(server.port, bytes);
  const [head = '', body = ''] = received.split('\r\n\r\n');
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z]`));
  expect(head).toContain('Content-Type: application/problem+json');
  expect(JSON.parse(body)).toMatchObject({ type: 'urn:ietf:params:acme:error:malformed', status });
});

test('each request leaves one line in the log, with its account, and what it was refused for', async () => {
  const before = server.log.length;
  await client.post('/acme/account/acct_1', undefined, { header: { nonce: server.nonces.issue() } });
  await client.post('/acme/account/acct_2', undefined, { header: { nonce: server.nonces.issue() } });
  await get(`${server.base}/dir`);
  const lines = server.log.slice(before);
  expect(lines.map(({ message }) => message)).toEqual([
    'request answered',
    'request refused',
    'request answered',
  ]);
  expect(lines[0]?.facts).toMatchObject({
    method: 'POST',
    path: '/acme/account/acct_1',
    status: 200,
    account: 'acct_1',
    from: '127.0.0.1',
  });
  expect(lines[1]?.facts).toMatchObject({ status: 403, account: 'acct_1', error: 'unauthorized' });
});
