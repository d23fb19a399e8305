import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ensureFolder, ensureOwnFolder, writeDurably } from '../../src/runtime/durable-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const hasModes = process.platform !== 'win32';

describe('a durable write', () => {
  test('leaves the file with its mode, and nothing else', async () => {
    const folder = temporaryFolder();
    await writeDurably(join(folder, 'key'), 'secret', 0o600);
    await writeDurably(join(folder, 'open'), Uint8Array.of(1, 2), 0o644);
    expect(readdirSync(folder).sort()).toEqual(['key', 'open']);
    expect(readFileSync(join(folder, 'key'), 'utf8')).toBe('secret');
    if (hasModes) expect([mode(join(folder, 'key')), mode(join(folder, 'open'))]).toEqual(['600', '644']);
  });

  test('replaces the file and its mode', async () => {
    const path = join(temporaryFolder(), 'key');
    writeFileSync(path, 'a long old content', { mode: 0o644 });
    await writeDurably(path, 'new', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('new');
    if (hasModes) expect(mode(path)).toBe('600');
  });

  test('takes no harm from what a crash left behind', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, `key.${process.pid}.new`), 'half', { mode: 0o666 });
    await writeDurably(join(folder, 'key'), 'whole', 0o600);
    expect(readdirSync(folder)).toEqual(['key']);
    if (hasModes) expect(mode(join(folder, 'key'))).toBe('600');
  });

  test('that fails leaves the old file and no other', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'key', 'inner'), { recursive: true });
    await expect(writeDurably(join(folder, 'key'), 'x', 0o600)).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['key']);
    await expect(writeDurably(join(folder, 'missing', 'key'), 'x', 0o600)).rejects.toThrow(/ENOENT/);
  });
});

describe('a folder', () => {
  test('is made with those above it, and has the mode', async () => {
    const folder = join(temporaryFolder(), 'a', 'b', 'c');
    await ensureFolder(folder, 0o700);
    if (hasModes) expect(mode(folder)).toBe('700');
    writeFileSync(join(folder, 'kept'), '');
    await ensureFolder(folder, 0o700);
    expect(readdirSync(folder)).toEqual(['kept']);
  });

  test.skipIf(!hasModes)(
    'that is there keeps its mode, since others may share it, unless it is ours alone (skipped on Windows, which has no modes)',
    async () => {
      const folder = join(temporaryFolder(), 'data');
      mkdirSync(folder, { mode: 0o755 });
      await ensureFolder(folder, 0o700);
      expect(mode(folder)).toBe('755');
      await ensureOwnFolder(folder, 0o700);
      expect(mode(folder)).toBe('700');
    },
  );
});
