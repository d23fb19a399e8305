import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import type { AccountId } from '../../src/protocol/ids.ts';
import { accountChanges, accountQueries } from '../../src/store/sqlite/accounts.ts';
import { openForWriting } from '../../src/store/sqlite/connection.ts';
import type { GroupCommitOptions } from '../../src/store/sqlite/group-commit.ts';
import { createGroupCommit } from '../../src/store/sqlite/group-commit.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';
import type { SyncFile } from '../../src/store/sqlite/shared-sync.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { migrationsFolder } from './open-store.ts';
import { NOW, newAccount, race } from './store-fixtures.ts';

function openGroupCommit(options: GroupCommitOptions, file = join(temporaryFolder(), 'touchstone.db')) {
  const connection = openForWriting(file);
  migrate(connection, migrationsFolder);
  const group = createGroupCommit(connection, options);
  const changes = accountChanges(connection);
  const queries = accountQueries(connection);
  return {
    ...group,
    connection,
    create: (name: string) =>
      group.write(
        () => changes.create(newAccount(name), NOW).account.id,
        (id) => id,
      ),
    rename: (id: AccountId, contact: string) => group.write(() => changes.updateContacts(id, [contact]), id),
    find: (id: AccountId) =>
      group.read(
        () => queries.find(id),
        (found) => found?.id,
      ),
    count: () => group.read(() => connection.prepare('SELECT count(*) FROM accounts').pluck().get()),
  };
}

/** A disk whose syncs end when the test says so. */
function heldDisk() {
  const running: ((error: Error | null) => void)[] = [];
  let begun = 0;
  const sync: SyncFile = (_descriptor, done) => {
    begun += 1;
    running.push(done);
  };
  return {
    sync,
    begun: () => begun,
    end: (error: Error | null = null) => running.shift()?.(error),
  };
}

/** Lets every commit and every promise that can go on do so. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function watch(promise: Promise<unknown>): () => boolean {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  return () => settled;
}

test('a write settles after the sync that began behind its commit, refused ones too', async () => {
  const disk = heldDisk();
  const { create, write, close } = openGroupCommit({ sync: disk.sync });
  const first = watch(create('anna'));
  await turns();
  const second = watch(create('bert'));
  const refused = watch(
    write(() => {
      throw new Error('refused');
    }),
  );
  await turns();
  // One sync at a time; the one under way began before the second commit and proves nothing for it.
  expect([disk.begun(), first(), second(), refused()]).toEqual([1, false, false, false]);
  disk.end();
  await turns();
  expect([disk.begun(), first(), second(), refused()]).toEqual([2, true, false, false]);
  disk.end();
  await turns();
  expect([second(), refused()]).toEqual([true, true]);
  await close();
});

test('writes that come during a sync gather, and are one commit behind it', async () => {
  const disk = heldDisk();
  const commits: number[] = [];
  const { create } = openGroupCommit({ sync: disk.sync, onCommit: (members) => commits.push(members) });
  const first = create('anna');
  await turns();
  const later = ['bert', 'cleo'].map(create);
  await turns();
  later.push(create('dora'));
  await turns();
  expect([commits, disk.begun()]).toEqual([[1], 1]);
  disk.end();
  await first;
  expect([commits, disk.begun()]).toEqual([[1, 3], 2]);
  disk.end();
  await Promise.all(later);
});

test('writes that gathered behind a sync that fails are refused with the others', async () => {
  const disk = heldDisk();
  const { create } = openGroupCommit({ sync: disk.sync });
  const outcomes = Promise.allSettled([create('anna'), turns().then(() => create('bert'))]);
  await turns();
  await turns();
  disk.end(new Error('EIO'));
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(disk.begun()).toBe(1);
});

test('a read waits for the sync of what it shows: its own account, or everybody where nobody is named', async () => {
  const disk = heldDisk();
  const { create, rename, find, count, close } = openGroupCommit({ sync: disk.sync });
  const made = race(2, (index) => create(`${index}`));
  await turns();
  disk.end();
  const [anna, bert] = (await made) as [AccountId, AccountId];
  const renamed = watch(rename(anna, 'mailto:new@example.com'));
  await turns();
  const [own, other, all] = [watch(find(anna)), watch(find(bert)), watch(count())];
  await turns();
  expect([renamed(), own(), other(), all()]).toEqual([false, false, true, false]);
  disk.end();
  await turns();
  expect([renamed(), own(), all()]).toEqual([true, true, true]);
  await close();
});

test('a read of what is missing waits for a change that names nobody', async () => {
  const disk = heldDisk();
  const { write, connection, find, close } = openGroupCommit({ sync: disk.sync });
  const swept = write(() => connection.exec('DELETE FROM accounts'));
  await turns();
  const missing = watch(find(7 as AccountId));
  await turns();
  expect(missing()).toBe(false);
  disk.end();
  await swept;
  await turns();
  expect(missing()).toBe(true);
  await close();
});

test('closing waits for the sync of what was under way', async () => {
  const disk = heldDisk();
  const { create, close } = openGroupCommit({ sync: disk.sync });
  const made = watch(create('anna'));
  const closed = watch(close());
  await turns();
  expect([disk.begun(), made(), closed()]).toEqual([1, false, false]);
  disk.end();
  await turns();
  expect([made(), closed()]).toEqual([true, true]);
});

test('a failed sync is fatal once: what waits for it is refused, writes and reads, and no later sync is believed', async () => {
  const disk = heldDisk();
  const fatal: Error[] = [];
  const { create, count, close } = openGroupCommit({
    sync: disk.sync,
    onFatal: (error) => fatal.push(error),
  });
  const outcomes = Promise.allSettled([
    create('anna'),
    turns().then(() => count()),
    turns().then(() => create('bert')),
  ]);
  await turns();
  await turns();
  disk.end(new Error('EIO: i/o error, fdatasync'));
  const reasons = (await outcomes).map((outcome) =>
    outcome.status === 'rejected' ? outcome.reason : undefined,
  );
  expect(reasons[0]).toMatchObject({ reason: 'unknown-state', message: expect.stringMatching(/EIO/) });
  expect(reasons).toEqual([reasons[0], reasons[0], reasons[0]]);
  expect([fatal, disk.begun()]).toEqual([[reasons[0]], 1]);
  await expect(count()).rejects.toBe(reasons[0]);
  await expect(close()).rejects.toBe(reasons[0]);
});

test('after a failed sync the log and the database stay as they are, whatever later syncs answer', async () => {
  const disk = heldDisk();
  const file = join(temporaryFolder(), 'touchstone.db');
  const { create, close, connection } = openGroupCommit({ sync: disk.sync }, file);
  const made = create('anna');
  await turns();
  const content = () => [readFileSync(file), readFileSync(`${file}-wal`)];
  const before = content();
  disk.end(new Error('EIO: i/o error, fdatasync'));
  await expect(made).rejects.toMatchObject({ reason: 'unknown-state' });
  // Before anybody closes it: the process may end without that.
  expect(connection.open).toBe(false);
  await expect(close()).rejects.toMatchObject({ reason: 'unknown-state' });
  expect(content()).toEqual(before);
});

test('a sync that fails while the store closes makes closing reject, and leaves the log', async () => {
  const disk = heldDisk();
  const file = join(temporaryFolder(), 'touchstone.db');
  const { create, close } = openGroupCommit({ sync: disk.sync }, file);
  const outcomes = Promise.allSettled([create('anna'), close()]);
  await turns();
  disk.end(new Error('EIO: i/o error, fdatasync'));
  const unknown = { status: 'rejected', reason: { reason: 'unknown-state' } };
  expect(await outcomes).toMatchObject([unknown, unknown]);
  expect(existsSync(`${file}-wal`)).toBe(true);
});

test('what is acknowledged or shown outlives a power cut at any moment, also while the log begins anew again and again', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'touchstone.db');
  const cuts: string[] = [];
  // What a sync covers is what the files hold when it begins: a copy of that moment is what a power cut leaves for certain
  // once the sync has returned, and until the next one has.
  const sync: SyncFile = (_descriptor, done) => {
    const cut = join(folder, `cut-${cuts.length}`);
    mkdirSync(cut);
    for (const part of ['touchstone.db', 'touchstone.db-wal'])
      if (existsSync(join(folder, part))) copyFileSync(join(folder, part), join(cut, part));
    setImmediate(() => {
      cuts.push(cut);
      done(null);
    });
  };
  const { create, rename, find, close } = openGroupCommit({ sync, checkpointPages: 8 }, file);
  const promised: { readonly id: AccountId; readonly contact: string; readonly cut: string }[] = [];
  const promise = (id: AccountId, contact: string): void => {
    promised.push({ id, contact, cut: cuts.at(-1) ?? '' });
  };
  const work = async (name: string): Promise<void> => {
    const id = await create(name);
    for (let change = 0; change < 12; change += 1) {
      const writing = rename(id, `${name}-${change}`);
      // Seen by a read that races the sync of the write, or of the one before it.
      await new Promise((resolve) => setImmediate(resolve));
      promise(id, (await find(id))?.contacts[0] ?? '');
      promise(id, (await writing)?.contacts[0] ?? '');
    }
  };
  await race(8, (index) => work(`client-${index}`));
  await close();
  expect(promised).toHaveLength(8 * 24);
  for (const { id, contact, cut } of promised)
    expect(contactIn(cut, id)).toBeGreaterThanOrEqual(numberOf(contact));
});

function contactIn(cut: string, id: AccountId): number {
  const connection = new Database(join(cut, 'touchstone.db'));
  onTestFinished(() => void connection.close());
  const contacts = connection
    .prepare<[number], string>('SELECT contacts FROM accounts WHERE id = ?')
    .pluck()
    .get(id);
  return numberOf((JSON.parse(contacts ?? '[]') as string[])[0] ?? '');
}

/** Contacts count upwards; -1 for none yet. */
function numberOf(contact: string): number {
  return Number(/-(\d+)$/.exec(contact)?.[1] ?? -1);
}
