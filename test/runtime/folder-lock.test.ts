import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FolderInUseError, lockFolder, UnreadableLockError } from '../../src/runtime/folder-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a folder is locked once, names its process, and is free after the release', () => {
  const folder = temporaryFolder();
  const lock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(FolderInUseError);
  expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}`);
  lock.release();
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['was emptied by a power cut', ''],
  ['was filled with zeros by a power cut', '\0'.repeat(64)],
  ['names a process that is gone', '{"pid":2147483646}\n'],
])('a lock that %s is taken over', (_what, text) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'lock'), text);
  lockFolder(folder);
  expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  expect(readdirSync(folder)).toEqual(['lock']);
});

test.each([
  [
    'says nothing that we write',
    (path: string) => writeFileSync(path, 'mine\n'),
    'does not say which process',
  ],
  ['cannot be read', (path: string) => mkdirSync(path), 'cannot be read'],
])('a lock that %s is not taken over: it may be a living server', (_what, make, complaint) => {
  const folder = temporaryFolder();
  make(join(folder, 'lock'));
  expect(() => lockFolder(folder)).toThrow(UnreadableLockError);
  expect(() => lockFolder(folder)).toThrow(complaint);
  expect(() => lockFolder(folder)).toThrow(/remove that file and start again/);
  expect(readdirSync(folder)).toEqual(['lock']);
});

test.skipIf(process.platform !== 'linux')(
  'a lock whose process was killed is taken over though its parent has not reaped it (skipped where there is no /proc)',
  async () => {
    const folder = temporaryFolder();
    const pid = await startUnreaped();
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid }));
    expect(() => lockFolder(folder)).toThrow(`in use by process ${pid}`);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '));
    lockFolder(folder);
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
  },
);

/** Answers the id of a process whose parent, a `sleep`, never asks how it ended. */
async function startUnreaped(): Promise<number> {
  const parent = spawn('sh', ['-c', 'sleep 60 >&- & echo $!; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'));
  return Number(line.toString());
}
