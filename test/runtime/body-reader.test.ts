import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { BodyOutcome } from '../../src/runtime/body-reader.ts';
import { readBody } from '../../src/runtime/body-reader.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\n';
const LIMITS = { limitBytes: 10, deadlineMs: 60_000 };

/** A server that reads one body, and a connection to it. */
async function reading(timer: Timer = systemTimer): Promise<{
  readonly socket: Socket;
  readonly outcome: Promise<BodyOutcome>;
  readonly begun: Promise<unknown>;
}> {
  const server = createServer();
  const outcome = new Promise<BodyOutcome>((resolve) => {
    server.on('request', (request, response) => {
      void readBody(request, LIMITS, timer).then((result) => {
        resolve(result);
        response.end('answered');
      });
    });
  });
  const begun = once(server, 'request');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const socket = connect(typeof address === 'object' && address !== null ? address.port : 0, '127.0.0.1');
  return { socket, outcome, begun };
}

test.each([
  ['in one piece', ['Content-Length: 5\r\n\r\nhello'], 'hello'],
  ['of exactly the limit', ['Content-Length: 10\r\n\r\n0123456789'], '0123456789'],
  ['in chunks', ['Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n', '3\r\nllo\r\n0\r\n\r\n'], 'hello'],
  ['that is empty', ['Content-Length: 0\r\n\r\n'], ''],
])('collects a body %s', async (_what, pieces, body) => {
  const { socket, outcome } = await reading();
  socket.write(HEAD);
  for (const piece of pieces) socket.write(piece);
  expect(await outcome).toEqual({ outcome: 'complete', bytes: Buffer.from(body) });
});

test.each([
  ['announced', 'Content-Length: 11\r\n\r\n'],
  ['unannounced', 'Transfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n'],
])(
  'refuses a body over the limit, %s, before its end, and its client gets the answer',
  async (_what, start) => {
    const { socket, outcome } = await reading();
    socket.write(HEAD + start);
    expect(await outcome).toEqual({ outcome: 'too-large' });
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('answered');
  },
);

test('gives up at the deadline', async () => {
  let expire: () => void = () => undefined;
  const timer: Timer = {
    now: () => 0,
    after: (milliseconds, action) => {
      expect(milliseconds).toBe(LIMITS.deadlineMs);
      expire = action;
      return () => undefined;
    },
  };
  const { socket, outcome, begun } = await reading(timer);
  socket.write(`${HEAD}Content-Length: 5\r\n\r\nhel`);
  await begun;
  expire();
  expect(await outcome).toEqual({ outcome: 'too-slow' });
});

test('notices that the client went away', async () => {
  const { socket, outcome, begun } = await reading();
  socket.write(`${HEAD}Content-Length: 5\r\n\r\nhel`);
  await begun;
  socket.destroy();
  expect(await outcome).toEqual({ outcome: 'aborted' });
});
