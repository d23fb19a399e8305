import { expect, test } from 'vitest';
import type { GateKind } from '../../bench/load/order-gate.ts';
import { createOrderGate } from '../../bench/load/order-gate.ts';

/** Starts a request whose end the test decides; `started` tells whether the gate has let it in. */
function enter(gate: ReturnType<typeof createOrderGate>, kind: GateKind) {
  const request = { started: false, end: (): void => undefined, done: Promise.resolve() };
  request.done = gate.run(kind, () => {
    request.started = true;
    return new Promise<void>((resolve) => {
      request.end = resolve;
    });
  });
  return request;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('requests of one kind run side by side, those of the other wait for all of them', async () => {
  const gate = createOrderGate();
  const orders = [enter(gate, 'order'), enter(gate, 'order')];
  const reading = enter(gate, 'authorization');
  await turn();
  expect([...orders, reading].map(({ started }) => started)).toEqual([true, true, false]);
  orders[0]?.end();
  await turn();
  expect(reading.started).toBe(false);
  orders[1]?.end();
  await turn();
  expect(reading.started).toBe(true);
});

test('newcomers do not overtake a request of the other kind that waits', async () => {
  const gate = createOrderGate();
  const first = enter(gate, 'order');
  const reading = enter(gate, 'authorization');
  const late = enter(gate, 'order');
  await turn();
  first.end();
  await turn();
  expect([reading.started, late.started]).toEqual([true, false]);
  reading.end();
  await turn();
  expect(late.started).toBe(true);
});

test('a request that fails lets the next one in', async () => {
  const gate = createOrderGate();
  const failing = gate.run('order', () => Promise.reject(new Error('refused')));
  const reading = enter(gate, 'authorization');
  await expect(failing).rejects.toThrow('refused');
  await turn();
  expect(reading.started).toBe(true);
});
