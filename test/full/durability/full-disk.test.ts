import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createHttpTransport } from '../../../src/client/http-transport.ts';
import { generateAccountKey } from '../../../src/jws/sign.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import { openSqliteReader } from '../../../src/store/sqlite/open-sqlite-reader.ts';
import { runTouchstone } from '../../cli/run-touchstone.ts';
import type { RunningServer } from '../../support/running-server.ts';
import { startServer } from '../../support/running-server.ts';
import type { Signer } from '../support/signed-exchange.ts';
import type { RecordedAnswer, RecordingClient } from './recording-client.ts';
import { createRecordingClient } from './recording-client.ts';
import { missingOf } from './shown.ts';
import { mountSmallDisk } from './small-disk.ts';

const CLIENTS = 8;

/** Enough names that an order needs new pages, for which a full disk has no room. */
const LARGE_ORDER = {
  identifiers: Array.from({ length: 60 }, (_, index) => ({ type: 'dns', value: `n${index}.full.example` })),
};

/** Of one client; 16 kB each, so that a disk of 3 MB is long full. */
const MOST_ORDERS = 400;

async function start(dataFolder: string): Promise<RunningServer> {
  const server = await startServer({ dataFolder });
  onTestFinished(() => server.kill());
  return server;
}

function clientOf(server: RunningServer): RecordingClient {
  const apiCa = readFileSync(server.apiCa, 'utf8');
  const transport = createHttpTransport({ apiCa, timeoutMs: 20_000, timer: systemTimer });
  onTestFinished(() => transport.close());
  return createRecordingClient(new URL(server.directory.localhost).origin, transport);
}

async function newAccount(client: RecordingClient): Promise<Required<Signer>> {
  const key = await generateAccountKey('ES256');
  const answer = await client.post(
    'newAccount',
    '/acme/new-account',
    { key },
    { termsOfServiceAgreed: true },
  );
  expect(answer.status, answer.body).toBe(201);
  return { key, url: String(answer.location) };
}

/** Orders until so many orders in a row were refused. Every refusal must be the one of a full disk. */
async function orderUntilFull(client: RecordingClient, account: Required<Signer>): Promise<void> {
  let refused = 0;
  for (let orders = 0; refused < 5; orders += 1) {
    if (orders === MOST_ORDERS) throw new Error('the disk does not fill up');
    const answer = await client.post('newOrder', '/acme/new-order', account, LARGE_ORDER);
    refused = answer.status === 201 ? 0 : refused + 1;
    if (answer.status !== 201) requireUnavailable(answer);
  }
}

function requireUnavailable(answer: RecordedAnswer): void {
  expect(answer).toMatchObject({ status: 503, problem: 'serverInternal' });
  expect(answer.json().detail).toMatch(/has changed nothing.*send it again later/);
}

const fullLines = (server: RunningServer): number => server.log().split('is full, and a change').length - 1;

test.each(['a file of somebody else', 'our own load'] as const)(
  'on a disk that is filled by %s writes are answered 503 and change nothing, reads go on, and with room so do writes',
  async (filledBy) => {
    const disk = mountSmallDisk(3 * 1024);
    const dataFolder = join(disk.path, 'data');
    const server = await start(dataFolder);
    const client = clientOf(server);
    const accounts = await Promise.all(Array.from({ length: CLIENTS }, () => newAccount(client)));
    const filler = filledBy === 'our own load' ? undefined : disk.fill(200);
    await Promise.all(accounts.map((account) => orderUntilFull(client, account)));
    expect(fullLines(server), server.log()).toBe(1);
    expect(server.log(), 'no stack').not.toMatch(/\n\s+at |"stack"/);
    await requireReadsGoOn(client, accounts);
    await requireKept(dataFolder, client.answers);

    if (filler === undefined) disk.resize(16 * 1024);
    else rmSync(filler);
    for (const account of accounts) {
      const answer = await client.post('newOrder', '/acme/new-order', account, LARGE_ORDER);
      expect(answer.status, answer.body).toBe(201);
    }
    await requireKept(dataFolder, client.answers);
    expect(await server.stop()).toBe(0);
    expect(await (await start(dataFolder)).stop()).toBe(0);
    await requireKept(dataFolder, client.answers);
  },
);

test('the nonce of a refused request is spent, and the one that came with the refusal is good', async () => {
  const disk = mountSmallDisk(3 * 1024);
  const client = clientOf(await start(join(disk.path, 'data')));
  const account = await newAccount(client);
  const filler = disk.fill(0);
  await orderUntilFull(client, account);
  const [before, refused] = client.answers.slice(-2);
  rmSync(filler);
  const order = (nonce: string | undefined) =>
    client.post('newOrder', '/acme/new-order', account, LARGE_ORDER, nonce);
  expect(await order(refused?.nonce)).toMatchObject({ status: 201 });
  // The refused request was signed with the nonce of the answer before it.
  expect(await order(before?.nonce)).toMatchObject({ status: 400, problem: 'badNonce' });
});

test.each([4, 12, 24, 40, 64, 100, 140])(
  'a first start on a disk of %i kB says that it is full, and with room the next one works',
  async (kilobytes) => {
    const disk = mountSmallDisk(kilobytes);
    const dataFolder = join(disk.path, 'data');
    const args = ['serve', '--data', dataFolder, '--set', 'acme.port=0', '--set', 'publication.port=0'];
    const { code, out, err } = await runTouchstone(args);
    expect({ code, out }, err).toEqual({ code: expect.toBeOneOf([1, 2]), out: '' });
    expect(err).toMatch(/^touchstone: .*disk is full|no space left on device/s);
    expect(err, 'no stack').not.toMatch(/\n\s+at |bug/);
    disk.resize(8 * 1024);
    expect(await (await start(dataFolder)).stop()).toBe(0);
  },
);

async function requireReadsGoOn(
  client: RecordingClient,
  accounts: readonly Required<Signer>[],
): Promise<void> {
  for (const account of accounts) {
    const read = await client.post('account', account.url, account);
    expect(read.status, read.body).toBe(200);
  }
}

/** All that was acknowledged is in the database, and no order of a refused request is. */
async function requireKept(dataFolder: string, answers: readonly RecordedAnswer[]): Promise<void> {
  const reader = await openSqliteReader({ file: join(dataFolder, 'touchstone.db') });
  const missing = await Promise.all(answers.map((answer) => missingOf(answer, reader)));
  expect(missing.flat()).toEqual([]);
  const acknowledged = answers.filter(({ path, status }) => path === '/acme/new-order' && status === 201);
  const stored = await reader.findOrdersByIdentifier('n0.full.example', 100_000);
  expect(stored.length).toBe(acknowledged.length);
  await reader.close();
}
