import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { csrFor, dns, finish, issue, pathOf, placeOrder, read, readyOrder } from '../support/acme-orders.ts';
import { requireRefused } from '../support/acme-refusals.ts';
import type { AcmeAnswer, AcmeRequests } from '../support/acme-requests.ts';
import type { TestCa } from '../support/start-test-ca.ts';
import { startTestCa } from '../support/start-test-ca.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Enough rows that no free space of the file holds them. */
const MANY = dns(...Array.from({ length: 100 }, (_, index) => `n${index}.localhost`));

let ca: TestCa;
let client: AcmeRequests;
/** The server's own connection, since the limit of a full disk is one of a connection. */
let connection: Database.Database;
beforeAll(async () => {
  const prepare = vi.spyOn(Database.prototype, 'prepare');
  ca = await startTestCa({ dataFolder: temporaryFolder(afterAll), cleanUp: afterAll });
  const opened = prepare.mock.contexts.find(isMainDatabase);
  if (opened === undefined) throw new Error('the server opened no database');
  connection = opened;
  prepare.mockRestore();
  client = await ca.account();
  await issue(ca, client, dns('before.localhost'));
});

/** The server has another database, which holds its folder. */
function isMainDatabase(context: unknown): context is Database.Database {
  return context instanceof Database && context.name.endsWith('touchstone.db');
}

/** SQLite then fails to write as it does on a full disk: SQLITE_FULL. */
function fillDisk(): void {
  const pages = Number(connection.pragma('page_count', { simple: true }));
  connection.pragma(`max_page_count = ${pages}`);
  onTestFinished(makeRoom);
}

function makeRoom(): void {
  connection.pragma('max_page_count = 1000000');
}

function requireIncident(answer: AcmeAnswer, cause: RegExp): void {
  const [, incident] = /\bincident ([0-9a-f]{16})\b/.exec(String(answer.json.detail)) ?? [];
  if (incident === undefined) throw new Error(`no incident in ${answer.text}`);
  const lines = ca.complaints.filter((line) => line.includes(incident));
  expect(lines, 'the log has the cause under the incident').toMatchObject([expect.stringMatching(cause)]);
  requireNothingInner(answer);
}

function requireUnavailable(answer: AcmeAnswer): void {
  expect(answer.headers.get('retry-after')).toBe('30');
  expect(answer.text).toContain('has changed nothing');
  requireNothingInner(answer);
}

function requireNothingInner({ text }: AcmeAnswer): void {
  expect(text).not.toMatch(/sqlite|disk|database|\.ts|node_modules|stack/i);
  expect(text).not.toContain(ca.dataFolder);
}

describe('on a full disk', () => {
  test('newOrder is answered 503 with Retry-After, keeps nothing, and works once there is room; the log says it once', async () => {
    fillDisk();
    const place = () => client.post('/acme/new-order', { identifiers: MANY });
    const answer = await requireRefused(ca, [503, 'serverInternal'], place);
    requireUnavailable(answer);
    await requireRefused(ca, [503, 'serverInternal'], place);
    const lines = ca.complaints.filter((line) => line.includes('is full'));
    expect(lines).toEqual([expect.stringMatching(/Make room: the store goes on by itself/)]);
    expect(lines[0], 'no stack').not.toMatch(/\n\s+at /);
    expect(await read(client, pathOf(client.kid)), 'reading goes on').toMatchObject({ status: 'valid' });
    makeRoom();
    expect((await placeOrder(client, MANY)).authorizations).toHaveLength(100);
  });

  test('finalize is answered 503, leaves the order ready, and gives one certificate once there is room', async () => {
    const names = dns('finalize.localhost');
    const order = await readyOrder(ca, client, names);
    fillDisk();
    const answer = await requireRefused(ca, [503, 'serverInternal'], () =>
      client.post(order.finalize, { csr: csrFor(names) }),
    );
    requireUnavailable(answer);
    expect(await read(client, order.path)).toMatchObject({ status: 'ready' });
    makeRoom();
    const { certificate } = await finish(client, order, names);
    expect(await read(client, order.path)).toMatchObject({
      status: 'valid',
      certificate: ca.base + certificate,
    });
  });
});

test('a change that the database refuses is answered 500 serverInternal with an incident, and undone as a whole', async () => {
  const other = new Database(connection.name);
  onTestFinished(() => void other.close());
  // The last of the rows that an order writes.
  other.exec(
    `CREATE TRIGGER broken BEFORE INSERT ON challenges BEGIN SELECT RAISE(FAIL, 'inner secret'); END`,
  );
  const answer = await requireRefused(ca, [500, 'serverInternal'], () =>
    client.post('/acme/new-order', { identifiers: dns('refused.localhost') }),
  );
  requireIncident(answer, /inner secret/);
  expect(answer.text).not.toContain('inner secret');
  other.exec('DROP TRIGGER broken');
  await issue(ca, client, dns('refused.localhost'));
});
