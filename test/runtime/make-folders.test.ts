import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolders } from '../../src/runtime/make-folders.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('makes what is missing and names the highest of it', () => {
  const folder = temporaryFolder();
  expect(makeFolders(join(folder, 'a', 'b'))).toBe(join(folder, 'a'));
  expect(makeFolders(join(folder, 'a', 'b', 'c'))).toBe(join(folder, 'a', 'b', 'c'));
  expect(makeFolders(join(folder, 'a', 'b', 'c'))).toBeUndefined();
  expect(statSync(join(folder, 'a', 'b', 'c')).isDirectory()).toBe(true);
});

test('a symbolic link to a folder is that folder', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'real'));
  symlinkSync(join(folder, 'real'), join(folder, 'link'), 'junction');
  expect(makeFolders(join(folder, 'link', 'inner'))).toBe(join(folder, 'link', 'inner'));
  expect(statSync(join(folder, 'real', 'inner')).isDirectory()).toBe(true);
});

test('a file in the way is told: EEXIST in its own place, another error above', () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  expect(() => makeFolders(file)).toThrow(/EEXIST/);
  expect(() => makeFolders(join(file, 'a', 'b'))).toThrow(/ENOTDIR|ENOENT/);
});

test.skipIf(process.platform !== 'linux')(
  'where the kernel makes no folders it fails, and comes back',
  () => {
    expect(() => makeFolders('/proc/x/y')).toThrow(/ENOENT/);
  },
);
