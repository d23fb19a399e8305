import { EventEmitter, once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { keyAuthorization } from '../../src/protocol/key-authorization.ts';
import type { Network } from '../../src/runtime/network.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';
import {
  challengeOf,
  csrFor,
  dns,
  finish,
  issue,
  pathOf,
  placeOrder,
  read,
  readyOrder,
  verifiedChain,
} from '../support/acme-orders.ts';
import { AcmeRequests, problemOf } from '../support/acme-requests.ts';
import type { TestCa, TestCaOptions } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const NAMES = dns('restart.localhost');

/** What a stop gives to validations under way. */
const DRAIN_MS = 1000;

/** The system's timer, except that the time of a stop for what is unfinished is over at once. */
const IMPATIENT: Timer = {
  ...systemTimer,
  after: (milliseconds, action) => systemTimer.after(milliseconds === DRAIN_MS ? 0 : milliseconds, action),
};

function startCa(world: TestCaOptions['world'] = {}): Promise<TestCa> {
  return startTestCa({ dataFolder: temporaryFolder(), cleanUp: onTestFinished, world });
}

/** The account at a server that was started again on another port. */
function at(ca: TestCa, client: AcmeRequests): AcmeRequests {
  const again = new AcmeRequests(ca.base, client.key, ca.fetch);
  again.kid = client.kid;
  return again;
}

test('an order that was made before a restart is proved, finalized and downloaded after it', async () => {
  const before = await startCa();
  const owner = await before.account();
  const order = await placeOrder(owner, NAMES);
  await before.stop();
  const after = await before.startAgain();
  const client = at(after, owner);
  expect(await read(client, order.path)).toMatchObject({ status: 'pending' });
  const { path, token } = await challengeOf(client, order.authorizations[0] ?? '');
  after.responder.serve(token, keyAuthorization(token, client.key.thumbprint));
  await client.post(path, {});
  await after.idle();
  const { chainPem } = await finish(client, order, NAMES);
  verifiedChain(after, chainPem);
});

test('an order that was ready before a restart is ready after it', async () => {
  const before = await startCa();
  const owner = await before.account();
  const order = await readyOrder(before, owner, NAMES);
  await before.stop();
  const after = await before.startAgain();
  const { chainPem } = await finish(at(after, owner), order, NAMES);
  verifiedChain(after, chainPem);
});

test('after a restart everything is as it was: account, certificate, authority and revocation', async () => {
  const before = await startCa();
  const owner = await before.account();
  const issued = await issue(before, owner, NAMES);
  await owner.post('/acme/revoke-cert', { certificate: issued.leaf.raw.toString('base64url') });
  const contents = before.contents();
  await before.stop();
  const after = await before.startAgain();
  expect(after.contents()).toEqual(contents);
  const client = at(after, owner);
  expect(await read(client, pathOf(owner.kid))).toMatchObject({ status: 'valid' });
  expect((await client.post(issued.certificate)).text).toBe(issued.chainPem);
  verifiedChain(after, issued.chainPem);
  const again = await client.post('/acme/revoke-cert', {
    certificate: issued.leaf.raw.toString('base64url'),
  });
  expect(problemOf(again)).toBe('alreadyRevoked');
  const finalize = await client.post(issued.finalize, { csr: csrFor(NAMES) });
  expect(problemOf(finalize)).toBe('orderNotReady');
});

test('RFC 8555 section 6.5: a nonce of before a restart is badNonce after it, used or not', async () => {
  const before = await startCa();
  const owner = await before.account();
  const [unused, used] = [await owner.nonce(), await owner.nonce()];
  expect((await owner.post(pathOf(owner.kid), undefined, { header: { nonce: used } })).status).toBe(200);
  await before.stop();
  const after = await before.startAgain();
  const client = at(after, owner);
  for (const nonce of [unused, used]) {
    const answer = await client.post(pathOf(owner.kid), undefined, { header: { nonce } });
    expect([answer.status, problemOf(answer)]).toEqual([400, 'badNonce']);
  }
});

test('a validation that a stop interrupts is finished by the next start, with the same token', async () => {
  const dialled = signalled();
  const before = await startCa({ network: neverConnecting(dialled.signal), timer: IMPATIENT });
  const owner = await before.account();
  const order = await placeOrder(owner, NAMES);
  const { path, token } = await challengeOf(owner, order.authorizations[0] ?? '');
  before.responder.serve(token, keyAuthorization(token, owner.key.thumbprint));
  await owner.post(path, {});
  await dialled.happened;
  await before.stop();
  const statuses = (ca: TestCa) => ca.contents().challenges?.map((row) => Object(row).status);
  expect(statuses(before), 'nothing was recorded of it').toEqual(['processing', 'pending', 'pending']);

  const after = await before.startAgain();
  await after.idle();
  const client = at(after, owner);
  expect(await read(client, path)).toMatchObject({ status: 'valid', token });
  const { chainPem } = await finish(client, order, NAMES);
  verifiedChain(after, chainPem);
  expect(before.complaints, 'the server that stopped did not try to record an outcome').toEqual([]);
});

test('a validation that a stop interrupts is not taken up for an account that was deactivated', async () => {
  const dialled = signalled();
  const before = await startCa({ network: neverConnecting(dialled.signal), timer: IMPATIENT });
  const owner = await before.account();
  const order = await placeOrder(owner, NAMES);
  const { path } = await challengeOf(owner, order.authorizations[0] ?? '');
  await owner.post(path, {});
  await dialled.happened;
  await owner.post(pathOf(owner.kid), { status: 'deactivated' });
  await before.stop();
  const after = await before.startAgain();
  await after.idle();
  const rows = after.contents().challenges?.map((row) => Object(row).status);
  expect(rows).toEqual(['invalid', 'pending', 'pending']);
});

/** Hosts that take no connection: a dial ends with the validation's signal. */
function neverConnecting(onDial: () => void): Network {
  return {
    connect: (_target, _budgetMs, signal) =>
      new Promise((resolve) => {
        onDial();
        signal?.addEventListener('abort', () => resolve({ outcome: 'aborted', durationMs: 0 }));
      }),
  };
}

/** Something that happens once. */
function signalled(): { readonly happened: Promise<void>; readonly signal: () => void } {
  const emitter = new EventEmitter();
  const happened = once(emitter, 'signal').then(() => undefined);
  return { happened, signal: () => void emitter.emit('signal') };
}
