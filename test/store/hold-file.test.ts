import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { holdFile } from '../../src/store/sqlite/hold-file.ts';
import { StoreOpenError } from '../../src/store/store-errors.ts';
import { holdElsewhere } from '../support/held-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a file is held once in a process, stays held when it was asked for again, and stays empty', () => {
  const folder = temporaryFolder();
  const file = join(folder, 'lock.db');
  const free = holdFile(file);
  expect(free).toBeDefined();
  expect(holdFile(file)).toBeUndefined();
  expect(holdFile(file)).toBeUndefined();
  free?.();
  const again = holdFile(file);
  expect(again).toBeDefined();
  expect(readdirSync(folder)).toEqual(['lock.db']);
  expect(statSync(file).size).toBe(0);
  again?.();
});

test('a file that another process holds is free as soon as that one was killed', async () => {
  const file = join(temporaryFolder(), 'lock.db');
  const other = await holdElsewhere(file);
  expect(holdFile(file)).toBeUndefined();
  await other.kill();
  const free = holdFile(file);
  expect(free).toBeDefined();
  free?.();
});

test('a file that cannot be held is an error that names it, not a held one', () => {
  const folder = temporaryFolder();
  expect(() => holdFile(join(folder, 'none', 'lock.db'))).toThrow(StoreOpenError);
  const file = join(folder, 'lock.db');
  writeFileSync(file, 'mine\n'.repeat(1000));
  expect(() => holdFile(file)).toThrow(`${file} is not an SQLite database`);
});
