import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { accountChanges, accountQueries } from '../../src/store/sqlite/accounts.ts';
import { openForWriting } from '../../src/store/sqlite/connection.ts';
import type { GroupCommitOptions } from '../../src/store/sqlite/group-commit.ts';
import { createGroupCommit } from '../../src/store/sqlite/group-commit.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import { StoreUnavailableError } from '../../src/store/store-errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { migrationsFolder } from './open-store.ts';
import { NOW, newAccount, race } from './store-fixtures.ts';

function openGroupCommit(
  options: GroupCommitOptions = {},
  change: (connection: Database.Database) => void = () => {},
) {
  const file = join(temporaryFolder(), 'touchstone.db');
  const connection = openForWriting(file);
  migrate(connection, migrationsFolder);
  change(connection);
  const group = createGroupCommit(connection, options);
  // It rejects after a fatal failure, of which the test has spoken.
  onTestFinished(() => group.close().catch(() => undefined));
  const changes = accountChanges(connection);
  const queries = accountQueries(connection);
  return {
    ...group,
    file,
    connection,
    create: (name: string, contact = '') =>
      group.write(() => changes.create({ ...newAccount(name), contacts: [contact] }, NOW)),
    find: (name: string) => group.read(() => queries.findByThumbprint(`thumbprint of ${name}`)),
  };
}

/** A connection as another program has it. */
function openAside(file: string, options: Database.Options = {}): Database.Database {
  const connection = new Database(file, options);
  onTestFinished(() => void connection.close());
  return connection;
}

test('all writes of one turn of the event loop share one commit', async () => {
  const commits: number[] = [];
  const { create } = openGroupCommit({ onCommit: (members) => commits.push(members) });
  await race(100, (index) => create(`${index}`));
  expect(commits).toEqual([100]);
  await create('later');
  expect(commits).toEqual([100, 1]);
});

test('the settings that make a commit durable are in force', () => {
  const { connection } = openGroupCommit();
  const setting = (name: string) => connection.pragma(name, { simple: true });
  // 1 is NORMAL: SQLite syncs where the order of things on disk matters, and our own sync covers commits.
  expect(['journal_mode', 'synchronous', 'foreign_keys', 'fullfsync'].map(setting)).toEqual(['wal', 1, 1, 1]);
});

test('nothing settles, and nothing is seen, before the commit', async () => {
  const { create, find, file } = openGroupCommit();
  const aside = openAside(file, { readonly: true });
  const dataVersion = () => aside.pragma('data_version', { simple: true });
  const before = dataVersion();
  let settled = false;
  const write = create('anna').finally(() => {
    settled = true;
  });
  expect(await find('anna')).toBeUndefined();
  expect([settled, dataVersion()]).toEqual([false, before]);
  await write;
  expect(await find('anna')).toBeDefined();
  expect(dataVersion()).not.toBe(before);
});

test('a disk without room rejects the whole batch with one error, keeps none of it, and the store goes on', async () => {
  const fatal: Error[] = [];
  const { create, find, connection } = openGroupCommit({ onFatal: (error) => fatal.push(error) });
  await create('earlier');
  const pages = Number(connection.pragma('page_count', { simple: true }));
  connection.pragma(`max_page_count = ${pages + 2}`);
  const outcomes = await Promise.allSettled([
    create('before'),
    create('big', 'x'.repeat(100_000)),
    create('after'),
  ]);
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
  expect(reasons[0]).toBeInstanceOf(StoreUnavailableError);
  expect(reasons[0]).toMatchObject({ reason: 'full', message: expect.stringMatching(/full.*Make room/) });
  expect(new Set(reasons).size).toBe(1);
  for (const name of ['before', 'big', 'after']) expect(await find(name)).toBeUndefined();
  expect(await find('earlier')).toBeDefined();
  connection.pragma('max_page_count = 100000');
  await create('big', 'x'.repeat(100_000));
  expect(await find('big')).toBeDefined();
  expect(fatal).toEqual([]);
});

test('a file that another program holds locked rejects the batch, and the store goes on', async () => {
  const { create, find, connection, file } = openGroupCommit();
  connection.pragma('busy_timeout = 1');
  const aside = openAside(file);
  aside.exec('BEGIN IMMEDIATE');
  await expect(create('anna')).rejects.toMatchObject({ reason: 'busy' });
  aside.exec('ROLLBACK');
  await create('bert');
  expect([await find('anna'), (await find('bert'))?.contacts]).toEqual([undefined, ['']]);
});

test('a change that throws is undone alone, with its own error', async () => {
  const { create, write, find, connection } = openGroupCommit();
  const changes = accountChanges(connection);
  const outcomes = await Promise.allSettled([
    create('before'),
    write(() => {
      changes.create(newAccount('half'), NOW);
      throw new Error('half way');
    }),
    create('after'),
  ]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(outcomes[1]).toMatchObject({ reason: { message: 'half way' } });
  const found = [await find('before'), await find('half'), await find('after')];
  expect(found.map((account) => account !== undefined)).toEqual([true, false, true]);
});

test('a failed sync is fatal, once: nobody knows what is on disk, so nothing more is read or written', async () => {
  const fatal: Error[] = [];
  const { create, write, find } = openGroupCommit({ onFatal: (error) => fatal.push(error) });
  const failingSync = () => {
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
  };
  const outcomes = await Promise.allSettled([create('before'), write(failingSync)]);
  const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined));
  expect(reasons[0]).toMatchObject({
    reason: 'unknown-state',
    message: expect.stringMatching(/IOERR_FSYNC/),
  });
  expect(reasons[1]).toBe(reasons[0]);
  expect(fatal).toEqual([reasons[0]]);
  await expect(create('later')).rejects.toBe(reasons[0]);
  await expect(find('before')).rejects.toBe(reasons[0]);
  expect(fatal).toHaveLength(1);
});

/** Makes every checkpoint fail as on a disk that cannot sync. */
function failCheckpoints(connection: Database.Database): void {
  const prepare = connection.prepare.bind(connection);
  const failing = {
    get() {
      throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
    },
  };
  Object.assign(connection, {
    prepare: (sql: string) => (sql.includes('wal_checkpoint(PASSIVE)') ? failing : prepare(sql)),
  });
}

test('a sync that fails in a checkpoint is fatal, and the log stays', async () => {
  const fatal: Error[] = [];
  const options = { checkpointPages: 4, onFatal: (error: Error) => void fatal.push(error) };
  const { create, find, close, file } = openGroupCommit(options, failCheckpoints);
  while (fatal.length === 0) await create('anna', 'x'.repeat(5000));
  expect(fatal).toMatchObject([{ reason: 'unknown-state', message: expect.stringMatching(/IOERR_FSYNC/) }]);
  await expect(find('anna')).rejects.toBe(fatal[0]);
  await expect(close()).rejects.toBe(fatal[0]);
  expect(existsSync(`${file}-wal`)).toBe(true);
});

test('a sync that fails in the last checkpoint makes closing reject, and the log stays', async () => {
  const { create, close, file } = openGroupCommit({}, failCheckpoints);
  await create('anna');
  await expect(close()).rejects.toMatchObject({ reason: 'unknown-state' });
  expect(existsSync(`${file}-wal`)).toBe(true);
});

test('the log is carried over once so many pages wait, so that it does not grow', async () => {
  const { create, file } = openGroupCommit({ checkpointPages: 8 });
  // The migrations are in it, and a log that begins anew is not cut. It grows by what waits and one commit.
  const atFirst = statSync(`${file}-wal`).size;
  for (let count = 0; count < 100; count += 1) await create(`${count}`);
  expect(statSync(`${file}-wal`).size).toBeLessThan(atFirst + 16 * 4120);
});

test('a failed read or write before the commit rejects the batch and is not fatal', async () => {
  const fatal: Error[] = [];
  const { create, write } = openGroupCommit({ onFatal: (error) => fatal.push(error) });
  const failingRead = () => {
    throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
  };
  const outcomes = await Promise.allSettled([create('before'), write(failingRead)]);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
  await create('later');
  expect(fatal).toEqual([]);
});
