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

test('warns of a failed validation with its class, its sentence without the hint, and what explain takes', async () => {
  const world = await createWorld();
  world.levers.validate = async (question) => verdict(question, REFUSED);
  const account = await newTestAccount(world);
  await newReadyOrder(world, account, dns('www.example.com')).catch(() => undefined);
  expect(world.events).toEqual([
    [
      'validation failed',
      {
        challenge: 'chal_1',
        name: 'www.example.com',
        type: 'http-01',
        failure: 'wrong-content',
        detail: expect.stringMatching(/^192\.0\.2\.1: .*did not match this challenge.*[^ ]$/),
        explain: 'chal_1',
        durationMs: expect.any(Number),
      },
    ],
  ]);
});
