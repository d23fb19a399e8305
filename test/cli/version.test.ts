import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { programPath } from '../../src/application/program-files.ts';
import { programVersion } from '../../src/cli/program-files.ts';
import { SCHEMA_VERSION } from '../../src/store/sqlite/migrations.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runTouchstone } from './run-touchstone.ts';

const DRIVER: { readonly version: string } = createRequire(import.meta.url)('better-sqlite3/package.json');

test('version --json says what the program is and runs on', async () => {
  const { code, out } = await runTouchstone(['version', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toEqual({
    version: programVersion(),
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    schema: SCHEMA_VERSION,
    betterSqlite3: DRIVER.version,
    sqlite: expect.stringMatching(/^3\.\d+\.\d+$/),
  });
});

test('version says the same to people, and --version the version alone', async () => {
  const { out } = await runTouchstone(['version']);
  for (const word of [
    programVersion(),
    process.versions.node,
    DRIVER.version,
    `schema          ${SCHEMA_VERSION}`,
  ])
    expect(out).toContain(word);
  expect(await runTouchstone(['--version'])).toEqual({ code: 0, out: `${programVersion()}\n`, err: '' });
});

test('without the compiled part of the driver, version still answers, and serve says what to do', async () => {
  const program = programWithoutDriver();
  const { code, out } = await runTouchstone(['version', '--json'], { program });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    version: programVersion(),
    betterSqlite3: null,
    storeFault: expect.stringContaining('npm rebuild better-sqlite3'),
  });
  const data = join(temporaryFolder(), 'data');
  const ports = ['--set', 'acme.port=0', '--set', 'publication.port=0'];
  const served = await runTouchstone(['serve', '--data', data, ...ports], { program });
  expect(served.code).toBe(1);
  expect(served.err).toMatch(
    /^touchstone: The SQLite driver better-sqlite3 does not load: .*npm rebuild better-sqlite3/,
  );
});

/** The built program beside a driver that was installed without its install script. */
function programWithoutDriver(): string {
  const folder = temporaryFolder();
  for (const name of ['dist', 'migrations', 'package.json'])
    cpSync(programPath(name), join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['bindings', 'file-uri-to-path'])
    symlinkSync(programPath(`node_modules/${name}`), join(folder, 'node_modules', name), 'junction');
  const driver = join(folder, 'node_modules', 'better-sqlite3');
  cpSync(programPath('node_modules/better-sqlite3/lib'), join(driver, 'lib'), { recursive: true });
  writeFileSync(
    join(driver, 'package.json'),
    readFileSync(programPath('node_modules/better-sqlite3/package.json')),
  );
  return join(folder, 'dist', 'cli', 'touchstone.js');
}
