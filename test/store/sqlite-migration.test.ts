import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountId, CertificateId, OrderId } from '../../src/protocol/ids.ts';
import { openSqliteReader } from '../../src/store/sqlite/open-sqlite-reader.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { migrationsFolder, openStore } from './open-store.ts';
import { createOrder, HOUR, NOW, newCertificate, present } from './store-fixtures.ts';

const TABLES = ['accounts', 'orders', 'authorizations', 'order_authorizations', 'challenges', 'certificates'];

/** A database as the first version of the program left it: an account with an issued, a pending and a failed order. */
function firstSchema(): string {
  const file = join(temporaryFolder(), 'touchstone.db');
  using(file, (database) => {
    database.pragma('journal_mode = WAL');
    database.exec(readFileSync(join(migrationsFolder, '0001-accounts-orders-certificates.sql'), 'utf8'));
    database.pragma('user_version = 1');
    database.exec(`
      INSERT INTO accounts VALUES (1, 'valid', '{"kty":"EC"}', 'thumbprint', '[]', 1, ${NOW});
      INSERT INTO orders (id, account_id, created_at, expires_at, problem) VALUES
        (5, 1, ${NOW}, ${NOW + HOUR}, NULL), (6, 1, ${NOW}, ${NOW + 2 * HOUR}, NULL),
        (7, 1, ${NOW}, ${NOW + 3 * HOUR}, '{"code":"unauthorized","detail":"no"}');
      INSERT INTO authorizations VALUES
        (11, 1, 'dns', 'a.example', 0, 'valid', ${NOW + 9 * HOUR}), (12, 1, 'dns', 'b.example', 1, 'pending', ${NOW + HOUR}),
        (13, 1, 'dns', 'c.example', 0, 'invalid', ${NOW + HOUR});
      INSERT INTO order_authorizations VALUES
        (5, 0, 'dns', 'a.example', 11), (6, 0, 'dns', 'a.example', 11), (6, 1, 'dns', '*.b.example', 12),
        (7, 0, 'dns', 'c.example', 13);
      INSERT INTO challenges VALUES
        (21, 11, 'http-01', 'valid', 'ta', ${NOW}, NULL, '{}'), (22, 12, 'dns-01', 'processing', 'tb', NULL, NULL, NULL),
        (23, 13, 'http-01', 'invalid', 'tc', ${NOW}, '{"code":"dns","detail":"no"}', '{}');
      INSERT INTO certificates VALUES
        (31, 1, 5, '0a', '[]', x'3000', 'pem', ${NOW}, ${NOW + 50 * HOUR}, NULL, NULL);
    `);
  });
  return file;
}

function using<Outcome>(file: string, use: (database: Database.Database) => Outcome): Outcome {
  const database = new Database(file);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

function rowsOf(file: string): Readonly<Record<string, readonly object[]>> {
  return using(file, (database) =>
    Object.fromEntries(
      TABLES.map((table) => [table, database.prepare<[], object>(`SELECT * FROM ${table}`).all()]),
    ),
  );
}

test('a database of the first version is brought up to date, and every row of it is as before', async () => {
  const file = firstSchema();
  const before = rowsOf(file);
  await expect(openSqliteReader({ file })).rejects.toThrow(/older version.*Start the server once/);
  const store = await openStore({ file });
  await store.close();
  const after = rowsOf(file);
  for (const table of TABLES) {
    const expected = present(before[table]).map((row) => expect.objectContaining(row));
    expect(after[table], table).toEqual(expected);
  }
  expect(using(file, (database) => database.pragma('integrity_check', { simple: true }))).toBe('ok');
});

test('the sweep knows the orders of before: an authorization of two goes with the second of them', async () => {
  const store = await openStore({ file: firstSchema() });
  onTestFinished(() => store.close());
  // The newest order, authorization, challenge and certificate stay for their ids.
  const newest = await createOrder(store);
  await store.recordIssuance(newCertificate(newest, '0b'), NOW);
  const [issued, pending, failed] = [5 as OrderId, 6 as OrderId, 7 as OrderId];
  const isThere = async (id: OrderId) => (await store.findOrder(id)) !== undefined;
  const there = async () => [await isThere(issued), await isThere(pending), await isThere(failed)];
  expect(await store.sweep(NOW + 9 * HOUR - 1, 100)).toEqual({ orders: 1, complete: true });
  expect(await there()).toEqual([true, true, false]);
  expect(await store.sweep(NOW + 9 * HOUR, 100)).toEqual({ orders: 1, complete: true });
  expect(await there()).toEqual([true, false, false]);
  // The issued order refers to the first authorization still.
  expect((await store.findOrder(issued))?.authorizations[0]?.identifier.value).toBe('a.example');
  expect((await store.findCertificate(31 as CertificateId))?.serial).toBe('0a');
  expect(await store.findAccount(1 as AccountId)).toBeDefined();
});

test('the schema itself refuses to delete the newest row of a table, whose id would be given again', async () => {
  const file = firstSchema();
  await (await openStore({ file })).close();
  using(file, (database) => {
    database.pragma('foreign_keys = OFF');
    const counted = TABLES.filter((table) => table !== 'accounts' && table !== 'order_authorizations');
    for (const table of counted) {
      expect(() => database.exec(`DELETE FROM ${table}`), table).toThrow(/newest .* stays/);
      database.exec(`DELETE FROM ${table} WHERE id < (SELECT max(id) FROM ${table})`);
      expect(database.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(1);
    }
  });
});

test('an expired order is found, and an account has its orders found, by an index', async () => {
  const file = firstSchema();
  await (await openStore({ file })).close();
  using(file, (database) => {
    const plan = (sql: string) =>
      JSON.stringify(database.prepare<[], object>(`EXPLAIN QUERY PLAN ${sql}`).all());
    expect(plan('SELECT id FROM orders WHERE sweep_at <= 7 ORDER BY sweep_at LIMIT 1')).toMatch(
      /orders_by_sweep/,
    );
    expect(plan('SELECT id FROM orders WHERE account_id = 1 AND id < 9 ORDER BY id DESC')).toMatch(
      /orders_by_account/,
    );
    expect(plan('SELECT 1 FROM order_authorizations WHERE authorization_id = 1')).toMatch(/by_authorization/);
  });
});
