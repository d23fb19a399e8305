import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeOwnReadyFile, removeStaleReadyFile, writeReadyFile } from '../../src/cli/ready-file.ts';
import { serve } from '../../src/cli/serve-command.ts';
import { FolderInUseError, lockFolder } from '../../src/runtime/folder-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const READY = {
  pid: 1,
  directory: { ipv4: null, ipv6: null, localhost: 'https://localhost:14000/dir' },
  apiCa: '/data/api-ca.pem',
  rootCa: '/data/root-ca.pem',
  dataFolder: '/data',
};

test('is one line of JSON, and leaves no other file beside it', () => {
  const folder = temporaryFolder();
  writeReadyFile(join(folder, 'ready.json'), READY);
  const text = readFileSync(join(folder, 'ready.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ pid: 1, directory: { localhost: READY.directory.localhost } });
  expect(text.split('\n')).toHaveLength(2);
  expect(readdirSync(folder)).toEqual(['ready.json']);
});

test('of an earlier start is taken away, so that nobody reads of a server that is gone', async () => {
  const [folder, data] = [temporaryFolder(), temporaryFolder()];
  const readyFile = join(folder, 'ready.json');
  writeFileSync(readyFile, 'of yesterday');
  // A start that comes no further than its data folder.
  const lock = lockFolder(data);
  await expect(
    serve({ data, readyFile, set: [], host: [] }, { out: () => {}, err: () => {}, color: false }),
  ).rejects.toThrow(FolderInUseError);
  lock.release();
  expect(existsSync(readyFile)).toBe(false);
});

test('of a server that runs survives a second start that is refused', async () => {
  const [folder, data] = [temporaryFolder(), temporaryFolder()];
  const readyFile = join(folder, 'ready.json');
  const lock = lockFolder(data);
  writeReadyFile(readyFile, { ...READY, pid: process.pid, dataFolder: data });
  await expect(
    serve({ data, readyFile, set: [], host: [] }, { out: () => {}, err: () => {}, color: false }),
  ).rejects.toThrow(FolderInUseError);
  lock.release();
  expect(existsSync(readyFile)).toBe(true);
});

test('goes with the server that wrote it, and with no other', () => {
  const readyFile = join(temporaryFolder(), 'ready.json');
  writeReadyFile(readyFile, READY);
  removeOwnReadyFile(readyFile, READY.pid + 1);
  expect(existsSync(readyFile)).toBe(true);
  removeOwnReadyFile(readyFile, READY.pid);
  expect(existsSync(readyFile)).toBe(false);
});

test('that is not there needs no taking away', () => {
  expect(() => removeStaleReadyFile(join(temporaryFolder(), 'ready.json'))).not.toThrow();
});
