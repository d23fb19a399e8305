import type { Socket } from 'node:net';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { challengeOf, dns, placeOrder, read } from '../support/acme-orders.ts';
import type { AcmeRequests } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { validate } from '../support/validation-lab.ts';
import type { SeenServer } from '../support/web-server.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

const TARGETS = 100;
const ACCOUNTS = 4;
const HEAD = 'HTTP/1.1 200 OK\r\n';

const servers: SeenServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function raw(address: string, onConnection: (socket: Socket) => void): Promise<SeenServer> {
  const server = await startRawServer(address, 0, onConnection);
  servers.push(server);
  return server;
}

/** A target at each of a hundred addresses, that sends one byte more of a head without end whenever it is told. */
async function drippingTargets() {
  const open = new Set<Socket>();
  let stand: () => void = () => undefined;
  const allStand = new Promise<void>((resolve) => {
    stand = resolve;
  });
  const server = await raw('0.0.0.0', (socket) => {
    socket.once('data', () => {
      open.add(socket);
      socket.once('close', () => open.delete(socket)).write(`${HEAD}X-Drip: `);
      if (open.size === TARGETS) stand();
    });
  });
  const hosts = Object.fromEntries(
    Array.from({ length: TARGETS }, (_, index) => [`drip${index}.test`, [`127.0.3.${index + 1}`]]),
  );
  const drip = () => {
    for (const socket of open) socket.write('x');
  };
  return { server, hosts, open, allStand, drip };
}

async function attack(ca: TestCa): Promise<void> {
  const share = TARGETS / ACCOUNTS;
  for (let number = 0; number < ACCOUNTS; number += 1) {
    const account = await ca.account();
    const names = Array.from({ length: share }, (_, index) => `drip${number * share + index}.test`);
    for (const authorization of (await placeOrder(account, dns(...names))).authorizations)
      await account.post((await challengeOf(account, authorization)).path, {});
  }
}

/** What an account that is not part of it does meanwhile. */
async function ordersOf(other: AcmeRequests, count: number, between: () => void): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { path, authorizations } = await placeOrder(other, dns(`other${index}.localhost`));
    between();
    expect(await read(other, path)).toMatchObject({ status: 'pending' });
    await challengeOf(other, authorizations[0] ?? '');
    between();
  }
}

test('while 100 targets drip byte by byte, the requests of others are answered, and no 101st is dialled', async () => {
  const { server, hosts, open, allStand, drip } = await drippingTargets();
  const ca = await startTestCa({
    dataFolder: temporaryFolder(),
    cleanUp: onTestFinished,
    settings: {
      dns: { hosts: { ...hosts, 'waits.test': ['127.0.3.200'] } },
      validation: { httpPort: server.port, responseTimeoutMs: 60_000 },
    },
  });
  await attack(ca);
  await allStand;
  const other = await ca.account();
  await ordersOf(other, 10, drip);
  const waiting = await placeOrder(other, dns('waits.test'));
  const { path } = await challengeOf(other, waiting.authorizations[0] ?? '');
  expect((await other.post(path, {})).status).toBe(200);
  await ordersOf(other, 3, drip);
  expect(open.size).toBe(TARGETS);
  expect(server.accepted()).toBe(TARGETS);

  // The place of the first that gives up is the waiting one's.
  for (const socket of [...open].slice(0, 1)) socket.destroy();
  while (server.accepted() === TARGETS) await read(other, waiting.path);
  expect(server.accepted()).toBe(TARGETS + 1);
  await ca.stop();
  await server.drained();
  // That one alone has failed; what a stop breaks off is validated again by the next start.
  expect(ca.complaints).toHaveLength(1);
});

function dripInto(socket: Socket, start: Buffer, more: string): void {
  socket.write(start);
  const dripping = setInterval(() => socket.write(more), 20);
  socket.once('close', () => clearInterval(dripping));
}

test.each([
  ['in its head', `${HEAD}X-Drip: `, 'x', 'response'],
  ['in an informational answer', 'HTTP/1.1 103 Early Hints\r\nX-Drip: ', 'x', 'response'],
  ['in its body', `${HEAD}Content-Length: 87\r\n\r\n`, 'x', 'body'],
  ['in its chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;`, 'x', 'body'],
])(
  'a target that drips %s is left when its time is up, however steadily it drips',
  async (_, start, more, phase) => {
    const server = await raw('127.0.0.1', (socket) => {
      socket.once('data', () => dripInto(socket, Buffer.from(start), more));
    });
    const { record } = await validate({
      zone: { 'dual.test': { A: ['127.0.0.1'] } },
      httpPort: server.port,
      responseTimeoutMs: 250,
    });
    expect(record.failure).toMatchObject({ class: 'exchange', phase, kind: 'slow', budgetMs: 250 });
    await server.drained();
  },
);

test('a target that drips its TLS handshake is left when its time is up', async () => {
  // A record of 16 kB is announced, and never comes to its end.
  const hidden = await raw('127.0.0.1', (socket) => {
    socket.once('data', () => dripInto(socket, Buffer.from([0x16, 3, 3, 0x40, 0]), '\0'));
  });
  const redirecting = await startWebServer('127.0.0.1', 0, (_, response) =>
    response.writeHead(302, { location: 'https://dual.test/' }).end(),
  );
  servers.push(redirecting);
  const { record } = await validate({
    zone: { 'dual.test': { A: ['127.0.0.1'] } },
    httpPort: redirecting.port,
    tlsPort: hidden.port,
    responseTimeoutMs: 250,
  });
  expect(record.failure).toMatchObject({ class: 'tls', kind: 'timeout' });
  await hidden.drained();
});
