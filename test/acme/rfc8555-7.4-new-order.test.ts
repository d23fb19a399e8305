import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { csrFor, dns, finish, readyOrder } from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const DAY = 24 * HOUR;
const LIFETIME = 90 * DAY;

let ca: TestCa;
let client: AcmeRequests;
/** What the calendar of the CA says; whole seconds, since X.509 knows no fractions. */
let now: number;
const START = Math.floor(Date.now() / SECOND) * SECOND;
beforeAll(async () => {
  now = START;
  ca = await startTestCa({
    dataFolder: temporaryFolder(afterAll),
    cleanUp: afterAll,
    world: { clock: { now: () => now } },
  });
  client = await ca.account();
});
beforeEach(() => {
  now = START;
});

test('RFC 8555 section 6.7.1: all bad identifiers are reported at once, each with its own problem', async () => {
  const bad = [
    { type: 'dns', value: 'under_score.test' },
    { type: 'dns', value: '192.0.2.1' },
    { type: 'ip', value: '2001:DB8::1' },
    { type: 'email', value: 'someone@example.com' },
  ];
  const identifiers = [...dns('good.localhost'), ...bad];
  const answer = await requireRefused(ca, [400, 'rejectedIdentifier'], () =>
    client.post('/acme/new-order', { identifiers }),
  );
  const urn = 'urn:ietf:params:acme:error:';
  expect(answer.json.subproblems).toEqual([
    expect.objectContaining({ type: `${urn}malformed`, identifier: bad[0], detail: expect.any(String) }),
    expect.objectContaining({ type: `${urn}malformed`, identifier: bad[1] }),
    expect.objectContaining({ type: `${urn}malformed`, identifier: bad[2] }),
    expect.objectContaining({ type: `${urn}unsupportedIdentifier`, identifier: bad[3] }),
  ]);
});

describe('RFC 8555 section 7.4: refuses', () => {
  test.each<readonly [claim: string, identifiers: unknown, code: string]>([
    ['no identifier', [], 'malformed'],
    ['a missing list', undefined, 'malformed'],
    ['a text for the list', 'a.localhost', 'malformed'],
    ['identifiers as texts', ['a.localhost'], 'malformed'],
    ['a value that is a number', [{ type: 'dns', value: 7 }], 'malformed'],
    ['an unknown type', [{ type: 'email', value: 'a@example.com' }], 'unsupportedIdentifier'],
    ['an empty name', dns(''), 'malformed'],
    ['a name with a final dot', dns('a.localhost.'), 'malformed'],
    ['two wildcards in one name', dns('*.*.localhost'), 'malformed'],
    ['a wildcard that is not the first label', dns('a.*.localhost'), 'malformed'],
    ['a name beside a wildcard that covers it', dns('*.test', 'a.test'), 'malformed'],
    ['an address as a name', dns('127.0.0.1'), 'malformed'],
    ['a name as an address', [{ type: 'ip', value: 'a.localhost' }], 'malformed'],
    ['an IPv4-mapped address', [{ type: 'ip', value: '::ffff:192.0.2.1' }], 'malformed'],
    ['101 names', dns(...Array.from({ length: 101 }, (_, index) => `n${index}.localhost`)), 'malformed'],
  ])('%s', async (_claim, identifiers, code) => {
    await requireRefused(ca, [400, code], () => client.post('/acme/new-order', { identifiers }));
  });
});

test('RFC 8555 section 7.4: 100 names are an order', async () => {
  const identifiers = dns(...Array.from({ length: 100 }, (_, index) => `n${index}.localhost`));
  const answer = await client.post('/acme/new-order', { identifiers });
  expect([answer.status, answer.json.identifiers]).toEqual([201, identifiers]);
});

/** Offsets from now: what is asked for, and what the certificate then says. */
const HONOURED: readonly (readonly [
  claim: string,
  asked: { readonly notBefore?: number; readonly notAfter?: number },
  given: readonly [notBefore: number, notAfter: number],
])[] = [
  ['neither: the profile', {}, [-HOUR, LIFETIME - HOUR - SECOND]],
  ['both', { notBefore: DAY, notAfter: 3 * DAY }, [DAY, 3 * DAY]],
  [
    'both, a full lifetime',
    { notBefore: DAY, notAfter: DAY + LIFETIME - SECOND },
    [DAY, DAY + LIFETIME - SECOND],
  ],
  ['the end alone', { notAfter: HOUR }, [-HOUR, HOUR]],
  [
    'the end alone, a full lifetime',
    { notAfter: LIFETIME - HOUR - SECOND },
    [-HOUR, LIFETIME - HOUR - SECOND],
  ],
  ['the start alone', { notBefore: 10 * DAY }, [10 * DAY, 10 * DAY + LIFETIME - SECOND]],
  ['a start in the past', { notBefore: -HOUR }, [-HOUR, LIFETIME - HOUR - SECOND]],
];

describe('RFC 8555 section 7.4: the certificate has exactly the validity that was asked for, with', () => {
  test.each(HONOURED)('%s', async (_claim, asked, [notBefore, notAfter]) => {
    const identifiers = dns('validity.localhost');
    const order = await readyOrder(ca, client, identifiers, textsOf(asked));
    const { leaf } = await finish(client, order, identifiers);
    expect([Date.parse(leaf.validFrom) - now, Date.parse(leaf.validTo) - now]).toEqual([notBefore, notAfter]);
  });
});

test('RFC 8555 section 7.4: an order without notBefore that is finalized later keeps its end, within the profile', async () => {
  const identifiers = dns('later.localhost');
  const order = await readyOrder(ca, client, identifiers, textsOf({ notAfter: LIFETIME - HOUR - SECOND }));
  now += DAY;
  const { leaf } = await finish(client, order, identifiers);
  expect([Date.parse(leaf.validFrom), Date.parse(leaf.validTo)]).toEqual([
    START + DAY - HOUR,
    START + LIFETIME - HOUR - SECOND,
  ]);
});

describe('RFC 8555 section 7.4: a validity is refused that', () => {
  test.each<readonly [claim: string, validity: object]>([
    ['is a second longer than the profile', textsOf({ notBefore: DAY, notAfter: DAY + LIFETIME })],
    ['would be longer by the backdate', textsOf({ notAfter: LIFETIME - HOUR })],
    ['is over', textsOf({ notAfter: -SECOND })],
    ['begins long ago', textsOf({ notBefore: -2 * HOUR })],
    ['begins after the longest lifetime', textsOf({ notBefore: LIFETIME + DAY })],
    ['ends before it begins', textsOf({ notBefore: 2 * DAY, notAfter: DAY })],
    ['is no time', { notBefore: 'tomorrow' }],
    ['is a number', { notAfter: 1_900_000_000 }],
    ['has no zone', { notAfter: '2030-01-01T00:00:00' }],
  ])('%s', async (_claim, validity) => {
    await requireRefused(ca, [400, 'malformed'], () =>
      client.post('/acme/new-order', { identifiers: dns('validity.localhost'), ...validity }),
    );
  });
});

test('RFC 8555 section 7.4: an order whose validity is over by the time it is finalized is refused, and stays', async () => {
  const identifiers = dns('late.localhost');
  const order = await readyOrder(ca, client, identifiers, textsOf({ notAfter: HOUR }));
  now += HOUR;
  await requireRefused(ca, [400, 'malformed'], () =>
    client.post(order.finalize, { csr: csrFor(identifiers) }),
  );
});

test('RFC 8555 section 7.4: with a short lifetime, an order whose notBefore is that long ago is not finalized', async () => {
  const short = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: { issuance: { lifetimeSeconds: 600 } },
    world: { clock: { now: () => now } },
  });
  const owner = await short.account();
  const identifiers = dns('short.localhost');
  const order = await readyOrder(short, owner, identifiers, textsOf({ notBefore: 0 }));
  await requireRefused(short, [400, 'malformed'], () =>
    owner.post('/acme/new-order', { identifiers, ...textsOf({ notBefore: -HOUR }) }),
  );
  now += 600 * SECOND;
  await requireRefused(short, [400, 'malformed'], () =>
    owner.post(order.finalize, { csr: csrFor(identifiers) }),
  );
});

test('RFC 8555 section 7.1.6: an order that has expired is invalid, and is not finalized', async () => {
  const identifiers = dns('expired.localhost');
  const order = await readyOrder(ca, client, identifiers);
  now += 8 * DAY;
  await requireRefused(ca, [403, 'orderNotReady'], () =>
    client.post(order.finalize, { csr: csrFor(identifiers) }),
  );
  expect((await client.post(order.path)).json.status).toBe('invalid');
});

function textsOf(offsets: { readonly notBefore?: number; readonly notAfter?: number }): {
  readonly notBefore?: string;
  readonly notAfter?: string;
} {
  const at = (offset: number) => new Date(START + offset).toISOString();
  return {
    ...(offsets.notBefore === undefined ? {} : { notBefore: at(offsets.notBefore) }),
    ...(offsets.notAfter === undefined ? {} : { notAfter: at(offsets.notAfter) }),
  };
}
