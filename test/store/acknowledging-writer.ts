import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import {
  challengeIds,
  createOrder,
  dns,
  NOW,
  newAccount,
  newCertificate,
  newOrder,
  PROBLEM,
  present,
  storedOrder,
  validationOutcome,
} from './store-fixtures.ts';

/**
 * A program to be killed: `node acknowledging-writer.js FILE MIGRATIONS`. Several clients at once go through the life of
 * accounts and orders, for ever, and each change is printed, one a line, when the store has acknowledged it: the kind and the id.
 * When the store fails for good it prints `fatal` and ends.
 */
export type AcknowledgedKind =
  | 'account'
  | 'order'
  | 'claimed'
  | 'valid'
  | 'certificate'
  | 'revoked'
  | 'failed'
  | 'deactivated';

const CLIENTS = 8;
const [, , file = '', migrationsFolder = ''] = process.argv;

function acknowledge(kind: AcknowledgedKind, id: number): void {
  process.stdout.write(`${kind} ${id}\n`);
}

async function live(store: Store, name: string): Promise<void> {
  const { account } = await store.createAccount(newAccount(name), NOW);
  acknowledge('account', account.id);
  const { order, authorizations } = await createOrder(store, ['a.example.com'], account.id);
  acknowledge('order', order.id);
  const [challenge] = challengeIds(authorizations[0]);
  await store.claimChallenge(challenge, NOW);
  acknowledge('claimed', challenge);
  await store.recordValidation(validationOutcome(challenge, true), NOW);
  acknowledge('valid', challenge);
  const ready = await storedOrder(store, order.id);
  const serial = account.id.toString(16).padStart(8, '0');
  const certificate = present(await store.recordIssuance(newCertificate(ready, serial), NOW));
  acknowledge('certificate', certificate.id);
  await store.revokeCertificate(certificate.id, 4, NOW);
  acknowledge('revoked', certificate.id);
  const second = present(await store.createOrder(newOrder(account.id, [dns('b.example.com')]), NOW));
  await store.failOrder(second.order.id, PROBLEM);
  acknowledge('failed', second.order.id);
  await store.deactivateAccount(account.id);
  acknowledge('deactivated', account.id);
}

async function client(store: Store, number: number): Promise<void> {
  for (let life = 0; ; life += 1) await live(store, `${process.pid}-${number}-${life}`);
}

const store = await openSqliteStore({
  file,
  migrationsFolder,
  onFatal: () => process.stdout.write('fatal\n'),
});
const ends = await Promise.allSettled(Array.from({ length: CLIENTS }, (_, number) => client(store, number)));
const reasons = ends.map((end) => (end.status === 'rejected' ? String(end.reason) : ''));
const later = await Promise.allSettled([
  store.findAccountByThumbprint(''),
  store.createAccount(newAccount(''), NOW),
]);
process.stdout.write(`ended ${JSON.stringify([new Set(reasons).size, ...later.map((end) => end.status)])}\n`);
