import { afterAll, beforeAll, describe, test } from 'vitest';
import type { IssuedOrder, PlacedOrder } from '../support/acme-orders.ts';
import { challengeOf, csrFor, dns, issue, placeOrder, readyOrder } from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAMES = dns('owned.localhost');

let ca: TestCa;
let stranger: AcmeRequests;
let open: PlacedOrder;
let ready: PlacedOrder;
let issued: IssuedOrder;
let challenge: string;
beforeAll(async () => {
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
  const owner = await ca.account();
  stranger = await ca.account();
  open = await placeOrder(owner, NAMES);
  challenge = (await challengeOf(owner, open.authorizations[0] ?? '')).path;
  ready = await readyOrder(ca, owner, NAMES);
  issued = await issue(ca, owner, NAMES);
});

type Row = readonly [claim: string, request: () => readonly [path: string, payload?: object]];

describe("another account's resource is refused with 403 unauthorized when a stranger", () => {
  test.each<Row>([
    ['reads an order', () => [open.path]],
    ['finalizes a ready order', () => [ready.finalize, { csr: csrFor(NAMES) }]],
    ['reads an authorization', () => [open.authorizations[0] ?? '']],
    ['deactivates an authorization', () => [open.authorizations[0] ?? '', { status: 'deactivated' }]],
    ['reads a challenge', () => [challenge]],
    ['responds to a challenge', () => [challenge, {}]],
    ['downloads a certificate', () => [issued.certificate]],
    [
      'revokes a certificate',
      () => ['/acme/revoke-cert', { certificate: issued.leaf.raw.toString('base64url') }],
    ],
  ])('%s', async (_claim, request) => {
    await requireRefused(ca, [403, 'unauthorized'], () => stranger.post(...request()));
  });
});

describe('what does not exist is answered 404 when an account', () => {
  test.each<Row>([
    ['reads an order', () => ['/acme/order/order_999999']],
    ['finalizes an order', () => ['/acme/order/order_999999/finalize', { csr: csrFor(NAMES) }]],
    ['reads an authorization', () => ['/acme/authz/authz_999999']],
    ['deactivates an authorization', () => ['/acme/authz/authz_999999', { status: 'deactivated' }]],
    ['reads a challenge', () => ['/acme/chall/chal_999999']],
    ['responds to a challenge', () => ['/acme/chall/chal_999999', {}]],
    ['downloads a certificate', () => ['/acme/cert/cert_999999']],
    ['reads an order by the id of an authorization', () => ['/acme/order/authz_1']],
    ['reads an order by a number alone', () => ['/acme/order/1']],
    ['reads an order by its id with a leading zero', () => ['/acme/order/order_01']],
    ['reads an order by a number too large', () => ['/acme/order/order_99999999999999999999']],
    ['reads an order by a negative number', () => ['/acme/order/order_-1']],
    ['reads a path that is not served', () => ['/acme/nothing']],
  ])('%s', async (_claim, request) => {
    await requireRefused(ca, [404, 'malformed'], () => stranger.post(...request()));
  });
});

describe('RFC 8555 section 6.3: a resource that can only be read takes no payload:', () => {
  test.each<Row>([
    ['an order', () => [open.path, {}]],
    ['a certificate', () => [issued.certificate, {}]],
    ['the directory', () => ['/dir', {}]],
  ])('%s', async (_claim, request) => {
    await requireRefused(ca, [400, 'malformed'], () => stranger.post(...request()));
  });
});
