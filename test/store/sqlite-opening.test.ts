import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { SCHEMA_VERSION } from '../../src/store/sqlite/migrations.ts';
import { openSqliteReader } from '../../src/store/sqlite/open-sqlite-reader.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { opening } from '../../src/store/sqlite/opening.ts';
import { StoreOpenError } from '../../src/store/store-errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { migrationsFolder, openStore } from './open-store.ts';
import { createAccount, createOrder, NOW, newAccount, present } from './store-fixtures.ts';

function databaseFile(): string {
  return join(temporaryFolder(), 'touchstone.db');
}

function withDatabase<Outcome>(file: string, use: (connection: Database.Database) => Outcome): Outcome {
  const connection = new Database(file);
  try {
    return use(connection);
  } finally {
    connection.close();
  }
}

function tables(file: string): unknown {
  return withDatabase(file, (connection) =>
    connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all(),
  );
}

/** A folder with as many migrations as the program has, the first of the given text and the others empty. */
function migrationsOf(sql: string): string {
  const folder = temporaryFolder();
  const [, ...others] = readdirSync(migrationsFolder).sort();
  writeFileSync(join(folder, '0001-broken.sql'), sql);
  for (const name of others) writeFileSync(join(folder, name), '');
  return folder;
}

test('a database of a newer program is refused by store and reader, which say what to do, and left as it is', async () => {
  const file = databaseFile();
  await (await openStore({ file })).close();
  withDatabase(file, (connection) => connection.pragma(`user_version = ${SCHEMA_VERSION + 1}`));
  const before = readFileSync(file);
  for (const opening of [openStore({ file }), openSqliteReader({ file })]) {
    await expect(opening).rejects.toThrow(StoreOpenError);
    await expect(opening).rejects.toThrow(
      new RegExp(`newer version.*its schema is ${SCHEMA_VERSION + 1}.*Use that version or a later one`),
    );
  }
  expect(readFileSync(file).equals(before)).toBe(true);
});

test('a migration that fails half way leaves the state before it, and the next start goes on from there', async () => {
  const file = databaseFile();
  const half = migrationsOf('CREATE TABLE accounts (id INTEGER PRIMARY KEY); CREATE TABEL orders;');
  const opening = openSqliteStore({ file, migrationsFolder: half });
  await expect(opening).rejects.toThrow(/0001-broken.sql.*as it was before.*TABEL/);
  expect(tables(file)).toEqual([]);
  const store = await openStore({ file });
  await createAccount(store);
  await store.close();
});

test('a migration that breaks references is undone', async () => {
  const file = databaseFile();
  const dangling = migrationsOf(
    'CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TABLE b (a REFERENCES a (id)); INSERT INTO b VALUES (7);',
  );
  await expect(openSqliteStore({ file, migrationsFolder: dangling })).rejects.toThrow(
    /references to missing rows/,
  );
  expect(tables(file)).toEqual([]);
});

test('a migration that is missing or that the program does not know stops the start', async () => {
  const file = databaseFile();
  const empty = temporaryFolder();
  await expect(openSqliteStore({ file, migrationsFolder: empty })).rejects.toThrow(/not complete.*none/);
  const surplus = join(temporaryFolder(), 'migrations');
  cpSync(migrationsFolder, surplus, { recursive: true });
  writeFileSync(join(surplus, '9999-more.sql'), '');
  await expect(openSqliteStore({ file, migrationsFolder: surplus })).rejects.toThrow(/9999-more/);
});

test("another program's database is refused and left as it is", async () => {
  const file = databaseFile();
  withDatabase(file, (connection) => connection.exec('CREATE TABLE recipes (name TEXT)'));
  await expect(openStore({ file })).rejects.toThrow(/database of another program/);
  expect(tables(file)).toEqual(['recipes']);
});

test('a file that is no database is refused', async () => {
  const file = databaseFile();
  writeFileSync(file, 'a letter to my aunt '.repeat(100));
  await expect(openStore({ file })).rejects.toThrow(/not an SQLite database/);
  await expect(openSqliteReader({ file })).rejects.toThrow(/not an SQLite database/);
});

test('a folder that is not there is named', async () => {
  const file = join(temporaryFolder(), 'missing', 'touchstone.db');
  await expect(openStore({ file })).rejects.toThrow(/missing.*Check that the folder exists/);
});

test('a failure of the file system is named with what to do, and a bug is not taken for one', () => {
  const failing = (error: Error) => () =>
    opening('touchstone.db', () => {
      throw error;
    });
  const ofSystem = (code: string) =>
    Object.assign(new Error(`${code}: it failed, fdatasync`), { code, syscall: 'fdatasync' });
  for (const [code, advice] of [
    ['EIO', /the disk fails \(EIO/],
    ['ENOSPC', /the disk is full. Make room/],
    ['EMFILE', /too many files are open.*Raise the limit/],
    ['EACCES', /EACCES.*this user may write/],
  ] as const) {
    expect(failing(ofSystem(code))).toThrow(StoreOpenError);
    expect(failing(ofSystem(code))).toThrow(advice);
  }
  const bug = new TypeError('undefined is not a function');
  expect(failing(bug)).toThrow(bug);
});

test('a database behind a symbolic link is opened with the log beside what the link points to', async () => {
  const file = databaseFile();
  const target = join(temporaryFolder(), 'elsewhere.db');
  symlinkSync(target, file);
  for (let start = 0; start < 2; start += 1) {
    const store = await openStore({ file });
    await createAccount(store);
    expect(existsSync(`${target}-wal`)).toBe(true);
    await store.close();
  }
});

test('a start writes the log that a dead process left over itself, and changes nothing in it', async () => {
  const file = databaseFile();
  const first = await openStore({ file });
  const account = await createAccount(first);
  const copy = join(temporaryFolder(), 'touchstone.db');
  for (const suffix of ['', '-wal']) cpSync(`${file}${suffix}`, `${copy}${suffix}`);
  await first.close();
  const before = readFileSync(`${copy}-wal`);
  utimesSync(`${copy}-wal`, 0, 0);
  const store = await openStore({ file: copy });
  expect(statSync(`${copy}-wal`).mtimeMs).toBeGreaterThan(0);
  expect(readFileSync(`${copy}-wal`)).toEqual(before);
  expect(await store.findAccount(account.id)).toEqual(account);
  await store.close();
});

// Other systems do not list what a process has open.
test.skipIf(process.platform !== 'linux')('an opening that fails leaves no file open', async () => {
  const file = databaseFile();
  await (await openStore({ file })).close();
  withDatabase(file, (connection) => connection.exec('DROP TABLE certificates'));
  await expect(openStore({ file })).rejects.toThrow(/lacks a part of its schema/);
  expect(openFiles().filter((path) => path.startsWith(file))).toEqual([]);
});

/** What this process has open. */
function openFiles(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`)];
    } catch {
      // The one that listed them.
      return [];
    }
  });
}

test('a reader of a database that is not there says how to get one, and makes no file', async () => {
  const file = databaseFile();
  await expect(openSqliteReader({ file })).rejects.toThrow(/There is no database .*Start the server once/);
  await expect(openSqliteReader({ file })).rejects.toThrow(StoreOpenError);
});

test('a reader of a database without a schema says that its server has not got so far', async () => {
  const file = databaseFile();
  withDatabase(file, (connection) => connection.pragma('journal_mode = WAL'));
  await expect(openSqliteReader({ file })).rejects.toThrow(/still empty/);
});

test('a reader sees what the writer has committed, while the writer goes on', async () => {
  const file = databaseFile();
  const store = await openStore({ file });
  onTestFinished(() => store.close());
  const reader = await openSqliteReader({ file });
  const { order } = await createOrder(store, ['a.example.com']);
  expect(await reader.findOrder(order.id)).toEqual(await store.findOrder(order.id));
  expect(await reader.findOrdersByIdentifier('a.example.com', 1)).toHaveLength(1);
  const write = store.updateContacts(order.accountId, []);
  expect((await reader.findAccount(order.accountId))?.contacts).toHaveLength(1);
  await write;
  expect((await reader.findAccount(order.accountId))?.contacts).toEqual([]);
  await reader.close();
  await expect(reader.findOrder(order.id)).rejects.toMatchObject({ reason: 'closed' });
});

test('a reader opens the database of a server that has stopped', async () => {
  const file = databaseFile();
  const store = await openStore({ file });
  const account = await createAccount(store);
  await store.close();
  const reader = await openSqliteReader({ file });
  expect(await reader.findAccount(account.id)).toEqual(account);
  await reader.close();
});

test('closing carries the log over into the file, also while a reader has it open', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'touchstone.db');
  const store = await openStore({ file });
  const account = await createAccount(store);
  const reader = await openSqliteReader({ file });
  expect(await reader.findAccount(account.id)).toEqual(account);
  await store.close();
  mkdirSync(join(folder, 'copy'));
  cpSync(file, join(folder, 'copy', 'touchstone.db'));
  await reader.close();
  const copy = await openStore({ file: join(folder, 'copy', 'touchstone.db') });
  expect(await copy.findAccount(account.id)).toEqual(account);
  await copy.close();
});

test('the schema itself refuses a second certificate for an order and a second account for a key', async () => {
  const file = databaseFile();
  const store = await openStore({ file });
  const { order } = await createOrder(store, ['a.example.com']);
  await store.close();
  withDatabase(file, (connection) => {
    const certificate = connection.prepare(
      `INSERT INTO certificates (account_id, order_id, serial, identifiers, der, chain_pem, not_before, not_after)
       VALUES (?, ?, ?, '[]', x'30', '', 0, 0)`,
    );
    certificate.run(order.accountId, order.id, '01');
    expect(() => certificate.run(order.accountId, order.id, '02')).toThrow(/UNIQUE.*order_id/);
    expect(() =>
      connection.exec(
        'INSERT INTO accounts SELECT NULL, status, key, thumbprint, contacts, 1, 0 FROM accounts',
      ),
    ).toThrow(/UNIQUE.*thumbprint/);
    expect(() => connection.exec("UPDATE challenges SET status = 'valid'")).toThrow(/CHECK/);
  });
});

test('what no operation reaches yet is final too: revoked accounts and authorizations', async () => {
  const file = databaseFile();
  const made = await openStore({ file });
  const { order, authorizations } = await createOrder(made, ['a.example.com']);
  await made.close();
  withDatabase(file, (connection) => {
    connection.exec("UPDATE accounts SET status = 'revoked'; UPDATE authorizations SET status = 'revoked'");
  });
  const store = await openStore({ file });
  expect(await store.deactivateAccount(order.accountId)).toBeUndefined();
  expect(await store.updateContacts(order.accountId, [])).toBeUndefined();
  expect(await store.deactivateAuthorization(present(authorizations[0]).id, NOW)).toBeUndefined();
  expect((await store.createAccount(newAccount('anna'), NOW)).account.status).toBe('revoked');
  await store.close();
});
