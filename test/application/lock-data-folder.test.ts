import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../src/application/configuration-error.ts';
import { HELD_FILE, lockDataFolder } from '../../src/application/lock-data-folder.ts';
import { FolderInUseError, UnreadableLockError } from '../../src/runtime/folder-lock.ts';
import { holdElsewhere } from '../support/held-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Beyond every process id that Linux gives: what a process of another container looks like from here. */
const UNSEEN = '{"pid":2147483646}\n';

test('a folder is locked once, and is free after the release', async () => {
  const folder = join(temporaryFolder(), 'data');
  const lock = await lockDataFolder(folder);
  await expect(lockDataFolder(folder)).rejects.toThrow(`in use by process ${process.pid}`);
  lock.release();
  expect(readdirSync(folder)).toEqual([HELD_FILE]);
  (await lockDataFolder(folder)).release();
});

test('a holder whose process cannot be seen keeps the folder until it ends, however it ends', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'lock');
  writeFileSync(path, UNSEEN);
  const holder = await holdElsewhere(join(folder, HELD_FILE));
  await expect(lockDataFolder(folder)).rejects.toThrow(FolderInUseError);
  await expect(lockDataFolder(folder)).rejects.toThrow(
    'is in use by a server that cannot be seen from here, for instance in another container. Stop',
  );
  expect(readFileSync(path, 'utf8')).toBe(UNSEEN);
  await holder.kill();
  const lock = await lockDataFolder(folder);
  expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
  lock.release();
  expect(existsSync(path)).toBe(false);
});

test('a lock file that cannot be read is refused, and keeps nothing held', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), 'mine\n');
  // The second would be FolderInUseError, were the first one's hold left behind.
  for (const _ of [1, 2]) await expect(lockDataFolder(folder)).rejects.toThrow(UnreadableLockError);
});

test('a file in place of the folder is a configuration error that says so', async () => {
  const file = join(temporaryFolder(), 'data');
  writeFileSync(file, '');
  await expect(lockDataFolder(file)).rejects.toThrow(ConfigurationError);
  await expect(lockDataFolder(file)).rejects.toThrow('is a file, not a folder');
});
