import { beforeEach, expect, test } from 'vitest';
import type { Account } from '../../src/protocol/account.ts';
import type { AuthorizationId, CertificateId, ChallengeId, OrderId } from '../../src/protocol/ids.ts';
import { parseId } from '../../src/protocol/ids.ts';
import type { Registration } from '../../src/registration/registration.ts';
import { refusalOf } from './refusal.ts';
import { createWorld, dns, newCsr, newReadyOrder, newTestAccount } from './world.ts';

interface Ids {
  readonly order: OrderId;
  readonly authorization: AuthorizationId;
  readonly challenge: ChallengeId;
  readonly certificate: CertificateId;
}

const USE_CASES: readonly (readonly [
  string,
  (r: Registration, account: Account, ids: Ids) => Promise<unknown>,
])[] = [
  ['order', (r, account, ids) => r.order(account, ids.order)],
  ['finalize', (r, account, ids) => r.finalize(account, ids.order, new Uint8Array())],
  ['authorization', (r, account, ids) => r.authorization(account, ids.authorization)],
  ['deactivateAuthorization', (r, account, ids) => r.deactivateAuthorization(account, ids.authorization)],
  ['challenge', (r, account, ids) => r.challenge(account, ids.challenge)],
  ['respondToChallenge', (r, account, ids) => r.respondToChallenge(account, ids.challenge)],
  ['certificate', (r, account, ids) => r.certificate(account, ids.certificate)],
];

let registration: Registration;
let owner: Account;
let stranger: Account;
let owned: Ids;

beforeEach(async () => {
  const world = await createWorld();
  ({ registration } = world);
  owner = await newTestAccount(world);
  stranger = await newTestAccount(world);
  const { order } = await newReadyOrder(world, owner);
  const csr = await newCsr(dns('example.com'));
  const certificate = (await registration.finalize(owner, order.id, csr)).order.certificateId;
  const [authorization] = order.authorizationIds;
  if (authorization === undefined || certificate === undefined) throw new Error('The order is valid.');
  const [challenge] = (await registration.authorization(owner, authorization)).challenges;
  if (challenge === undefined) throw new Error('An authorization has challenges.');
  owned = { order: order.id, authorization, challenge: challenge.id, certificate };
});

test.each(USE_CASES)('%s refuses another account with 403 and changes nothing', async (_name, use) => {
  const before = await everything();
  const refused = await refusalOf(use(registration, stranger, owned));
  expect(refused).toMatchObject({ code: 'unauthorized', status: 403 });
  expect(await everything()).toEqual(before);
});

test.each(USE_CASES)('%s answers 404 malformed for an id that names nothing', async (_name, use) => {
  const unknown = {
    order: id('order', 'order_999'),
    authorization: id('authz', 'authz_999'),
    challenge: id('chal', 'chal_999'),
    certificate: id('cert', 'cert_999'),
  };
  expect(await refusalOf(use(registration, owner, unknown))).toMatchObject({
    code: 'malformed',
    status: 404,
  });
});

test('findAccount answers undefined for an id that names nothing', async () => {
  expect(await registration.findAccount(id('acct', 'acct_999'))).toBeUndefined();
});

async function everything() {
  return [
    await registration.order(owner, owned.order),
    await registration.authorization(owner, owned.authorization),
    await registration.certificate(owner, owned.certificate),
  ];
}

function id<Prefix extends Parameters<typeof parseId>[0]>(prefix: Prefix, text: string) {
  const parsed = parseId(prefix, text);
  if (parsed === undefined) throw new Error(`${text} is no id.`);
  return parsed;
}
