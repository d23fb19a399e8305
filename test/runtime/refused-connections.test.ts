import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Listener } from '../../src/runtime/listener.ts';
import { listen } from '../../src/runtime/listener.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

async function start(handler: RequestListener, timer: Timer = systemTimer): Promise<Listener> {
  const listener = await listen({
    addresses: ['127.0.0.1'],
    port: 0,
    handler,
    answerParserRefusal: ({ status }) => ({
      status,
      reasonPhrase: 'Refused',
      headers: { 'Content-Type': 'text/plain' },
      body: `refused with ${status}`,
    }),
    onError: () => undefined,
    timer,
  });
  onTestFinished(() => listener.close(0));
  return listener;
}

interface Client {
  readonly socket: Socket;
  /** All that has come, once the server has closed the connection. */
  readonly received: Promise<string>;
}

async function open({ port }: Listener): Promise<Client> {
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (piece) => {
    text += piece;
  });
  // A reset is an end too.
  socket.on('error', () => undefined);
  const received = new Promise<string>((resolve) => socket.once('close', () => resolve(text)));
  await once(socket, 'connect');
  return { socket, received };
}

type Exchange = readonly [IncomingMessage, ServerResponse];

/** A handler that hands requests to the test; `next(n)` resolves when n have come in all. */
function held(): {
  readonly handler: RequestListener;
  readonly next: (count: number) => Promise<readonly Exchange[]>;
} {
  const exchanges: Exchange[] = [];
  const waiting = new Set<() => void>();
  return {
    handler: (request, response) => {
      exchanges.push([request, response]);
      for (const look of waiting) look();
    },
    next: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (exchanges.length < count) return;
          waiting.delete(look);
          resolve(exchanges);
        };
        waiting.add(look);
        look();
      }),
  };
}

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** The status of each response and its body, in order. */
function answers(received: string): readonly string[] {
  return received.split(/(?=HTTP\/1\.1 )/).map((each) => `${each.slice(9, 12)} ${each.split('\r\n\r\n')[1]}`);
}

test('requests that are followed by what is none are answered first, in their order', async () => {
  const { handler, next } = held();
  const { socket, received } = await open(await start(handler));
  socket.write(`${GET}${GET}nonsense\r\n\r\n`);
  socket.write('and more of it\r\n\r\n');
  const exchanges = await next(2);
  exchanges[1]?.[1].end('second');
  exchanges[0]?.[1].end('first');
  expect(answers(await received)).toEqual(['200 first', '200 second', '400 refused with 400']);
});

test('a request whose body is broken is refused after the answers before it', async () => {
  const { handler, next } = held();
  const { socket, received } = await open(await start(handler));
  socket.write(`${GET}POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n`);
  const exchanges = await next(2);
  exchanges[0]?.[1].end('first');
  expect(answers(await received)).toEqual(['200 first', '400 refused with 400']);
});

test('a request that was answered before its body broke is not refused as well', async () => {
  const { handler, next } = held();
  const { socket, received } = await open(await start(handler));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
  const exchanges = await next(1);
  exchanges[0]?.[1].end('answer');
  await once(socket, 'data');
  socket.write('nonsense\r\n');
  expect(answers(await received)).toHaveLength(1);
});

test('CONNECT behind a request is refused after its answer', async () => {
  const { handler, next } = held();
  const { socket, received } = await open(await start(handler));
  socket.write(`${GET}CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n`);
  const exchanges = await next(1);
  exchanges[0]?.[1].end('first');
  expect(answers(await received)).toEqual(['200 first', '405 refused with 405']);
});

test('a body that nobody reads is cut some time after the answer, and not before', async () => {
  const due: (() => void)[] = [];
  const delays: number[] = [];
  const timer: Timer = {
    ...systemTimer,
    after: (delay, action) => {
      delays.push(delay);
      due.push(action);
      return () => undefined;
    },
  };
  const { handler, next } = held();
  const { socket, received } = await open(await start(handler, timer));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n');
  const [exchange] = await next(1);
  exchange?.[1].end('enough');
  const closed = exchange === undefined ? undefined : once(exchange[1], 'close');
  await once(socket, 'data');
  await closed;
  expect(delays).toEqual([2_000]);
  expect(socket.destroyed).toBe(false);
  for (const action of due) action();
  expect(await received).toMatch(/enough$/);
});

test('a body that ends in time after the answer leaves the connection in use', async () => {
  const due: (() => void)[] = [];
  const timer: Timer = {
    ...systemTimer,
    after: (_delay, action) => {
      due.push(action);
      return () => undefined;
    },
  };
  const { handler, next } = held();
  const { socket } = await open(await start(handler, timer));
  socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na');
  (await next(1))[0]?.[1].end('first');
  await once(socket, 'data');
  socket.write(`bc${GET}`);
  const second = (await next(2))[1];
  for (const action of due) action();
  second?.[1].end('second');
  const [text] = await once(socket, 'data');
  expect(text).toMatch(/second$/);
});

test('a request with an expectation that nobody knows is answered, also when the server is closing', async () => {
  const { handler, next } = held();
  const listener = await start(handler);
  const { socket, received } = await open(listener);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nExpect: a-miracle\r\n\r\n');
  const [exchange] = await next(1);
  const closed = listener.close();
  exchange?.[1].end('answer');
  expect(await received).toMatch(/Connection: close[\s\S]*answer$/);
  await closed;
});

test.each(['*', '?', 'ftp://a/', 'http://', 'https:///dir', 'a'])(
  'a request for %s, which no router finds a path in, is refused in turn',
  async (target) => {
    const { handler, next } = held();
    const { socket, received } = await open(await start(handler));
    socket.write(`${GET}OPTIONS ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    (await next(1))[0]?.[1].end('first');
    expect(answers(await received)).toEqual(['200 first', '400 refused with 400']);
  },
);
