import { expect, test } from 'vitest';
import type { ValidationFailure } from '../../src/protocol/validation-failure.ts';
import { createWorld, dns, newCsr, newKey, newReadyOrder, newTestAccount, verdict } from './world.ts';

const REFUSED: ValidationFailure = {
  class: 'wrong-content',
  url: 'http://www.example.com/.well-known/acme-challenge/x',
  address: '192.0.2.1',
  expected: 'a.b',
  received: 'no',
};

test('logs one line for a validation, an issuance and a revocation, once each is on disk', async () => {
  const world = await createWorld();
  const account = await newTestAccount(world);
  const { order } = await newReadyOrder(world, account, dns('www.example.com'));
  expect(world.events).toEqual([
    [
      'validation passed',
      {
        challenge: expect.stringMatching(/^chal_\d+$/),
        name: 'www.example.com',
        type: 'http-01',
        passed: true,
        durationMs: expect.any(Number),
      },
    ],
  ]);
  const csr = await newCsr(dns('www.example.com'), (await newKey()).keys);
  const { certificateId } = (await world.registration.finalize(account, order.id, csr)).order;
  if (certificateId === undefined) throw new Error('A valid order has a certificate.');
  const { der, serial } = await world.registration.certificate(account, certificateId);
  await world.registration.revoke({ by: 'account', account }, der, 1);
  const certificate = `cert_${certificateId}`;
  expect(world.events.slice(1)).toEqual([
    ['certificate issued', { certificate, serial, order: `order_${order.id}`, names: ['www.example.com'] }],
    ['certificate revoked', { certificate, serial, reason: 1, by: 'account' }],
  ]);
});

test('logs the class of the failure of a validation', async () => {
  const world = await createWorld();
  world.levers.validate = async (question) => verdict(question, REFUSED);
  const account = await newTestAccount(world);
  await newReadyOrder(world, account, dns('www.example.com')).catch(() => undefined);
  expect(world.events).toMatchObject([['validation failed', { passed: false, failure: 'wrong-content' }]]);
});
