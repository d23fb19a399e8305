import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { trackAnswers } from '../../src/runtime/owed-answers.ts';
import type { Timer } from '../../src/runtime/timer.ts';

/** A timer whose actions run when the test says so. */
function heldTimer(): Timer & { readonly pending: Set<() => void> } {
  const pending = new Set<() => void>();
  return {
    pending,
    now: () => 0,
    after(_delayMs, action) {
      pending.add(action);
      return () => void pending.delete(action);
    },
  };
}

interface Exchange {
  readonly client: Socket;
  readonly pending: ReadonlySet<() => void>;
  /** How many listeners the server's end of the connection had for its close at each request. */
  readonly listeners: readonly number[];
  /** The server's end of the connection is closed. */
  readonly closed: Promise<unknown>;
}

/** A client of a server that answers each request without reading its body. */
async function answeredUnread(): Promise<Exchange> {
  const timer = heldTimer();
  const listeners: number[] = [];
  const server = createServer((request, response) => {
    listeners.push(request.socket.listenerCount('close'));
    response.end('refused');
  });
  trackAnswers(server, timer, () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const client = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  const [socket] = await once(server, 'connection');
  // A body that breaks off is an error too; `once` would reject.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  return { client, pending: timer.pending, listeners, closed };
}

test('bodies that come after their answers leave nothing on the connection that they share', async () => {
  const { client, pending, listeners } = await answeredUnread();
  for (let request = 0; request < 15; request += 1) {
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
    await once(client, 'data');
    expect(pending.size).toBe(1);
    client.write('late');
  }
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(client, 'data');
  expect(pending.size).toBe(0);
  expect(new Set(listeners).size).toBe(1);
});

test('a body that is not in when its time is up is cut', async () => {
  const { client, pending } = await answeredUnread();
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
  await once(client, 'data');
  for (const action of [...pending]) action();
  await once(client, 'close');
});

test('a client that goes before its body is in is not waited for', async () => {
  const { client, pending, closed } = await answeredUnread();
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n');
  await once(client, 'data');
  expect(pending.size).toBe(1);
  client.destroy();
  await closed;
  expect(pending.size).toBe(0);
});
