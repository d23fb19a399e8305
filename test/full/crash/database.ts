import { readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import type { OrderEntry } from './ledger.ts';

const FIRST_MIGRATION = fileURLToPath(
  new URL('../../../migrations/sqlite/0001-accounts-orders-certificates.sql', import.meta.url),
);

/** In the order in which rows can be copied: what is referred to first. */
const TABLES = ['accounts', 'orders', 'authorizations', 'order_authorizations', 'challenges', 'certificates'];

/** Longer ago than anything is kept by default. */
const LONG_AGO = Date.now() - 365 * 86_400_000;

/** Opens the database of a server that is not running. */
export function usingDatabase<Outcome>(file: string, use: (database: Database.Database) => Outcome): Outcome {
  const database = new Database(file);
  try {
    return use(database);
  } finally {
    database.close();
  }
}

/** The version of the schema; 0 for a database that is still empty. */
export function schemaVersion(file: string): number {
  return usingDatabase(file, (database) => Number(database.pragma('user_version', { simple: true })));
}

/** Makes the database one of the first version of the program, with all its rows. */
export function takeBackToFirstSchema(file: string): void {
  const newer = `${file}.newer`;
  // Closing carries the write-ahead log over.
  usingDatabase(file, (database) => database.pragma('wal_checkpoint(TRUNCATE)'));
  renameSync(file, newer);
  usingDatabase(file, (database) => {
    database.exec(readFileSync(FIRST_MIGRATION, 'utf8'));
    database.exec(`ATTACH '${newer}' AS newer; BEGIN`);
    for (const table of TABLES) {
      const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all();
      const list = columns.join(', ');
      database.exec(`INSERT INTO main.${table} (${list}) SELECT ${list} FROM newer.${table}`);
    }
    database.exec('PRAGMA user_version = 1; COMMIT; DETACH newer');
  });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${newer}${suffix}`, { force: true });
}

/** Lets the orders, with all that belongs to them, have expired long ago. The server must not be running. */
export function letExpire(file: string, orders: readonly OrderEntry[]): void {
  usingDatabase(file, (database) => {
    const statements = [
      'UPDATE orders SET expires_at = ? WHERE id = ?',
      // Some before the others below and some after them.
      'UPDATE orders SET sweep_at = iif(id % 2, ?, 0) WHERE id = ?',
      'UPDATE certificates SET not_after = ? WHERE order_id = ?',
      `UPDATE authorizations SET expires_at = ?
       WHERE id IN (SELECT authorization_id FROM order_authorizations WHERE order_id = ?)`,
    ].map((sql) => database.prepare<[number, number]>(sql));
    database.transaction(() => {
      for (const order of orders) {
        for (const statement of statements) statement.run(LONG_AGO, idOf(order));
        order.life = 'ended';
      }
    })();
  });
}

/**
 * Adds expired orders that nobody was told of, so that a sweep takes long enough to be killed in it. Answers the ids of the
 * first and the last of them.
 */
export function addExpired(file: string, count: number): readonly [number, number] {
  return usingDatabase(file, (database) => {
    const next = (table: string): number =>
      Number(database.prepare(`SELECT coalesce(max(id), 0) + 1 FROM ${table}`).pluck().get());
    const [account, order, authorization] = [next('accounts'), next('orders'), next('authorizations')];
    database.exec(`
      BEGIN;
      INSERT INTO accounts (id, status, key, thumbprint, contacts, terms_of_service_agreed, created_at)
        VALUES (${account}, 'valid', '{}', 'nobody ${account}', '[]', 1, 0);
      CREATE TEMP TABLE numbers AS
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count}) SELECT i FROM n;
      INSERT INTO orders (id, account_id, created_at, expires_at) SELECT ${order} + i, ${account}, 0, 1 FROM numbers;
      INSERT INTO authorizations (id, account_id, identifier_type, identifier_value, wildcard, status, expires_at)
        SELECT ${authorization} + i, ${account}, 'dns', 'nobody.example', 0, 'pending', 1 FROM numbers;
      INSERT INTO order_authorizations SELECT ${order} + i, 0, 'dns', 'nobody.example', ${authorization} + i FROM numbers;
      INSERT INTO challenges (authorization_id, type, status, token)
        SELECT ${authorization} + i, 'http-01', 'pending', 'nobody' FROM numbers;
      COMMIT;
    `);
    return [order, order + count - 1];
  });
}

/** How many orders there are from one id to another. */
export function countBetween(file: string, [first, last]: readonly [number, number]): number {
  return usingDatabase(file, (database) =>
    Number(database.prepare('SELECT count(*) FROM orders WHERE id BETWEEN ? AND ?').pluck().get(first, last)),
  );
}

/** How many of the orders are still in the database. */
export function countPresent(file: string, orders: readonly OrderEntry[]): number {
  return usingDatabase(file, (database) => {
    const query = database.prepare<[number]>('SELECT 1 FROM orders WHERE id = ?');
    return orders.filter((order) => query.get(idOf(order)) !== undefined).length;
  });
}

/** What no crash, sweep or migration may leave behind: two certificates of an order, parts without a whole, a damaged file. */
export function faultsOf(file: string): readonly unknown[] {
  return usingDatabase(file, (database) => {
    const rows = (sql: string): readonly unknown[] => database.prepare(sql).all();
    return [
      ...rows('SELECT order_id FROM certificates GROUP BY order_id HAVING count(*) > 1'),
      ...rows(
        'SELECT id AS authorization_without_order FROM authorizations WHERE id NOT IN (SELECT authorization_id FROM order_authorizations)',
      ),
      ...rows('SELECT * FROM pragma_foreign_key_check'),
      ...rows("SELECT * FROM pragma_integrity_check WHERE integrity_check <> 'ok'"),
    ];
  });
}

function idOf(order: OrderEntry): number {
  return Number(/_(\d+)$/.exec(order.url)?.[1]);
}
