import { expect, test } from 'vitest';
import { askOverUdp } from '../../src/dns/udp-exchange.ts';
import type { UdpListener } from '../../src/dns/udp-socket.ts';
import { steppedTimer } from '../support/stepped-timer.ts';

function start() {
  const timer = steppedTimer();
  const controller = new AbortController();
  const waiting = new Set<UdpListener>();
  const sockets = {
    send: (_question: unknown, listener: UdpListener) => {
      waiting.add(listener);
      return () => waiting.delete(listener);
    },
    close: () => undefined,
  };
  const result = askOverUdp(sockets, timer, { name: 'a.test', type: 'A' }, 100, controller.signal);
  return { timer, controller, waiting, result };
}

test('a query whose time is over is forgotten', async () => {
  const { timer, waiting, result } = start();
  expect(waiting.size).toBe(1);
  timer.pass(100);
  expect(await result).toEqual({ kind: 'timeout' });
  expect(waiting.size).toBe(0);
});

test('a query that is aborted is forgotten', async () => {
  const { controller, waiting, result } = start();
  controller.abort();
  expect(await result).toEqual({ kind: 'aborted' });
  expect(waiting.size).toBe(0);
});
