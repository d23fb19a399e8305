import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeOwnReadyFile, removeStaleReadyFile, writeReadyFile } from '../../src/cli/ready-file.ts';
import { serve } from '../../src/cli/serve-command.ts';
import { UsageError } from '../../src/cli/usage-error.ts';
import { FolderInUseError, lockFolder } from '../../src/runtime/folder-lock.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runTouchstone } from './run-touchstone.ts';

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

const SILENT = { out: () => {}, err: () => {}, color: false };
const OPTIONS = { set: [], host: [] };

test.each([
  ['a key', 'root.key', '-----BEGIN PRIVATE KEY-----'],
  ['JSON of something else', 'package.json', '{"name":"mine","pid":1}'],
  [
    'the lock of a server',
    'lock',
    '{"pid":1,"directory":{"localhost":"https://localhost/dir"},"httpPort":80}',
  ],
  ['a file too long to be one', 'long', JSON.stringify({ ...READY, more: 'x'.repeat(70_000) })],
])('that would replace %s is refused, and the file stays', async (_what, name, text) => {
  const file = join(temporaryFolder(), name);
  writeFileSync(file, text);
  await expect(serve({ ...OPTIONS, data: temporaryFolder(), readyFile: file }, SILENT)).rejects.toThrow(
    /no ready file, and is left as it is/,
  );
  expect(() => removeStaleReadyFile(file)).toThrow(UsageError);
  expect(readFileSync(file, 'utf8')).toBe(text);
});

test.skipIf(process.platform === 'win32')('that is a pipe is refused unread', async () => {
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  // Whoever opens it to read waits for a writer, so it is a program of its own that must end.
  const { code, err } = await runTouchstone([
    ...['serve', '--data', temporaryFolder(), '--set', 'acme.port=0', '--set', 'publication.port=0'],
    ...['--ready-file', pipe],
  ]);
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('no ready file') });
});

test('of an earlier start stays when the configuration or the lock refuses the start', async () => {
  const data = temporaryFolder();
  const readyFile = join(temporaryFolder(), 'ready.json');
  writeReadyFile(readyFile, READY);
  const wrong = serve({ ...OPTIONS, data, readyFile, set: ['acme.prot=1'] }, SILENT);
  await expect(wrong).rejects.toThrow('acme.prot');
  const lock = lockFolder(data);
  await expect(serve({ ...OPTIONS, data, readyFile }, SILENT)).rejects.toThrow(FolderInUseError);
  lock.release();
  expect(existsSync(readyFile)).toBe(true);
});

test('of an earlier start is gone when the folder is taken, before anything listens', async () => {
  const data = temporaryFolder();
  const readyFile = join(temporaryFolder(), 'ready.json');
  writeReadyFile(readyFile, READY);
  // A start that comes no further than its keys.
  writeFileSync(join(data, 'keys'), 'a file, not a folder');
  const set = ['acme.port=0', 'publication.port=0'];
  await expect(serve({ ...OPTIONS, data, readyFile, set }, SILENT)).rejects.toThrow();
  expect(existsSync(readyFile)).toBe(false);
});

test('that mktemp made, or a power cut emptied, is taken away', () => {
  const readyFile = join(temporaryFolder(), 'ready.json');
  for (const text of ['', '\0\0\0']) {
    writeFileSync(readyFile, text);
    removeStaleReadyFile(readyFile);
    expect(existsSync(readyFile)).toBe(false);
  }
});

test('does not replace what the start itself made', () => {
  const file = join(temporaryFolder(), 'touchstone.db');
  writeFileSync(file, 'SQLite format 3');
  expect(() => writeReadyFile(file, READY)).toThrow(UsageError);
  expect(readFileSync(file, 'utf8')).toBe('SQLite format 3');
});

test.each([
  ['--data', { data: '' }],
  ['--config', { config: '' }],
  ['--ready-file', { readyFile: '' }],
])('an empty %s is refused as such', async (flag, empty) => {
  const given = { ...OPTIONS, data: join(temporaryFolder(), 'file'), ...empty };
  if (given.data !== '') writeFileSync(given.data, 'so that nothing starts');
  await expect(serve(given, SILENT)).rejects.toThrow(new RegExp(`^${flag} .*is empty|^${flag} is empty`));
});

test('an empty TOUCHSTONE_DATA exits 2 and says that it is empty', async () => {
  const { code, err } = await runTouchstone(['root'], {
    cwd: temporaryFolder(),
    env: { TOUCHSTONE_DATA: '' },
  });
  expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('TOUCHSTONE_DATA) is empty') });
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
