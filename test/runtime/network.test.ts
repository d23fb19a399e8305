import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createSystemNetwork, dialOutcomeOf } from '../../src/runtime/network.ts';
import type { Timer } from '../../src/runtime/timer.ts';
import { systemTimer } from '../../src/runtime/timer.ts';

const network = createSystemNetwork(systemTimer);
const clean: (() => void)[] = [];

afterEach(() => {
  for (const action of clean.splice(0)) action();
});

async function listen(address: string, onConnection: (socket: Socket) => void = () => undefined) {
  const server = createServer(onConnection);
  server.listen(0, address);
  await once(server, 'listening');
  clean.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function connected(address: string, port: number): Promise<Socket> {
  const dialled = await network.connect({ address, port }, 5000);
  if (dialled.outcome !== 'connected') throw new Error(`not connected: ${JSON.stringify(dialled)}`);
  clean.push(() => dialled.socket.destroy());
  return dialled.socket;
}

/** A port that drops SYNs: its process never accepts, and its queue of two is full. */
async function silentPort(address: string): Promise<number> {
  const script = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '${address}', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port) + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  clean.push(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  await connected(address, port);
  await connected(address, port);
  return port;
}

/** Its actions run when the test says so. */
function manualTimer() {
  const actions = new Set<() => void>();
  const timer: Timer = {
    now: () => 0,
    after: (_milliseconds, action) => {
      actions.add(action);
      return () => actions.delete(action);
    },
  };
  return { timer, actions };
}

describe.each(['127.0.0.1', '::1'])('over %s', (address) => {
  test('connects to exactly the address and port', async () => {
    const port = await listen(address);
    const socket = await connected(address, port);
    expect([socket.remoteAddress, socket.remotePort]).toEqual([address, port]);
  });

  test('names a refused connection', async () => {
    const server = createServer();
    server.listen(0, address);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await network.connect({ address, port }, 5000)).toEqual({
      outcome: 'refused',
      code: 'ECONNREFUSED',
      durationMs: expect.any(Number),
    });
  });

  test('counts silence as a timeout when its budget is over, not before', async () => {
    const port = await silentPort(address);
    const { timer, actions } = manualTimer();
    let ended = false;
    const dialling = createSystemNetwork(timer).connect({ address, port }, 10_000);
    void dialling.then(() => {
      ended = true;
    });
    // As long as a real dial of 50 ms takes to fail, the one with the larger budget goes on.
    const short = await network.connect({ address, port }, 50);
    expect(short).toMatchObject({ outcome: 'timeout' });
    expect(short.durationMs).toBeGreaterThanOrEqual(45);
    expect(ended).toBe(false);
    for (const action of actions) action();
    expect(await dialling).toEqual({ outcome: 'timeout', durationMs: 0 });
    expect(actions.size).toBe(0);
  });
});

test.each([
  ['255.255.255.255', 'network-unreachable', 'ENETUNREACH'],
  ['ff02::1', 'network-unreachable', 'ENETUNREACH'],
])('names an address without a route: %s', async (address, outcome, code) => {
  expect(await network.connect({ address, port: 9 }, 5000)).toMatchObject({ outcome, code });
});

// All of 127.0.0.0/8 is this host on Linux alone.
test.skipIf(process.platform !== 'linux')('dials from the local address of the family', async () => {
  const from = createSystemNetwork(systemTimer, { ipv4: '127.0.0.7', ipv6: '::1' });
  for (const [address, seen] of [
    ['127.0.0.1', '127.0.0.7'],
    ['::1', '::1'],
  ] as const) {
    const sources: (string | undefined)[] = [];
    const port = await listen(address, (socket) => void sources.push(socket.remoteAddress));
    const dialled = await from.connect({ address, port }, 5000);
    if (dialled.outcome !== 'connected') throw new Error(`not connected: ${JSON.stringify(dialled)}`);
    expect(dialled.socket.localAddress).toBe(seen);
    await once(dialled.socket.end(), 'close');
    expect(sources).toEqual([seen]);
  }
});

test.each([
  ['127.0.0.1', { ipv4: '192.0.2.9' }],
  ['::1', { ipv6: '2001:db8::9' }],
])('tells a local address that this host does not have from no way to %s', async (address, local) => {
  const port = await listen(address);
  const dialled = await createSystemNetwork(systemTimer, local).connect({ address, port }, 5000);
  expect(dialled).toMatchObject({ outcome: 'other', code: 'EADDRNOTAVAIL' });
});

test('leaves the local address of the other family to the kernel', async () => {
  const port = await listen('127.0.0.1');
  const dialled = await createSystemNetwork(systemTimer, { ipv6: '2001:db8::9' }).connect(
    { address: '127.0.0.1', port },
    5000,
  );
  expect(dialled.outcome).toBe('connected');
  if (dialled.outcome === 'connected') dialled.socket.destroy();
});

test.each([
  ['ETIMEDOUT', 'timeout'],
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'reset'],
  ['EHOSTUNREACH', 'host-unreachable'],
  ['ENETUNREACH', 'network-unreachable'],
  ['EADDRNOTAVAIL', 'network-unreachable'],
  ['EAFNOSUPPORT', 'network-unreachable'],
  ['EACCES', 'host-unreachable'],
  ['EPERM', 'other'],
  [undefined, 'other'],
])('classes %s as %s', (code, outcome) => {
  expect(dialOutcomeOf(code)).toBe(outcome);
});

test('ends at once when its signal aborts, and leaves no socket behind', async () => {
  const port = await silentPort('127.0.0.1');
  const sockets = () =>
    process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCPSocket')).length;
  const before = sockets();
  const controller = new AbortController();
  const dialling = network.connect({ address: '127.0.0.1', port }, 10_000, controller.signal);
  await new Promise((resolve) => setImmediate(resolve));
  expect(sockets()).toBe(before + 1);
  controller.abort();
  expect(await dialling).toMatchObject({ outcome: 'aborted' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(sockets()).toBe(before);
});

test('does not dial at all when its signal has aborted already', async () => {
  let accepted = 0;
  const port = await listen('127.0.0.1', () => {
    accepted += 1;
  });
  const target = { address: '127.0.0.1', port };
  expect(await network.connect(target, 5000, AbortSignal.abort())).toMatchObject({ outcome: 'aborted' });
  await connected('127.0.0.1', port);
  expect(accepted).toBe(1);
});

test.each([
  ['localhost', 80],
  ['', 80],
  ['[::1]', 80],
  ['127.0.0.1', 65_536],
])('looks nothing up and dials nothing for %j port %d', async (address, port) => {
  expect(await network.connect({ address, port }, 5000)).toMatchObject({ outcome: 'other', code: 'EINVAL' });
});

test('an error before the caller listens is not unhandled, and can be seen on the socket', async () => {
  const port = await listen('127.0.0.1', (socket) => socket.resetAndDestroy());
  for (let count = 0; count < 50; count += 1) {
    const dialled = await network.connect({ address: '127.0.0.1', port }, 5000);
    if (dialled.outcome !== 'connected') {
      expect(dialled.outcome).toBe('reset');
      continue;
    }
    const { socket } = dialled;
    // No listener for `error`, and none by `once` of node:events, which adds one.
    if (!socket.closed) await new Promise((resolve) => socket.on('close', resolve));
    expect(socket.errored).toMatchObject({ code: 'ECONNRESET' });
  }
});

test('loses no byte that comes before the caller reads, and leaves no listener but the silent one', async () => {
  const port = await listen('127.0.0.1', (socket) => socket.end('hello'));
  const socket = await connected('127.0.0.1', port);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  expect(socket.eventNames().filter((name) => name === 'connect' || name === 'timeout')).toEqual([]);
  expect(socket.listenerCount('error')).toBe(1);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('hello');
});
