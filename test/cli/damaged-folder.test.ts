import {
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startServer } from '../support/running-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runTouchstone } from './run-touchstone.ts';

let sound: string;
beforeAll(async () => {
  sound = join(temporaryFolder(afterAll), 'data');
  expect(await (await startServer({ dataFolder: sound })).stop()).toBe(0);
});

/** A copy of a folder that a server has left. */
function copy(): { readonly folder: string; readonly database: string } {
  const folder = join(temporaryFolder(), 'data');
  cpSync(sound, folder, { recursive: true });
  return { folder, database: join(folder, 'touchstone.db') };
}

function change(database: string, sql: string): void {
  const connection = new Database(database);
  connection.exec(sql);
  connection.close();
}

function overwrite(file: string, at: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(2000, 0xa5), 0, 2000, at);
}

const FREE_PORTS = ['--set', 'acme.port=0', '--set', 'publication.port=0'];

describe.each(['serve', 'explain'] as const)(
  '%s of a damaged database exits 1 and says what to do:',
  (command) => {
    test.each<readonly [what: string, damage: (database: string) => void, complaint: RegExp]>([
      [
        'no database at all',
        (file) => writeFileSync(file, 'a letter '.repeat(1000)),
        /is not an SQLite database.*Restore it/,
      ],
      [
        'cut short',
        (file) => truncateSync(file, 8192),
        /is damaged.*malformed.*Restore it from a backup, or move it away/,
      ],
      ['pages overwritten', (file) => overwrite(file, 100), /is damaged.*Restore it/],
      [
        'a table missing',
        (file) => change(file, 'DROP TABLE challenges'),
        /lacks a part of its schema.*challenges.*Restore it/,
      ],
      [
        'a column missing',
        (file) => change(file, 'ALTER TABLE order_authorizations RENAME COLUMN identifier_value TO v'),
        /lacks a part of its schema.*identifier_value/,
      ],
      [
        'of a newer program',
        (file) => change(file, 'PRAGMA user_version = 99'),
        /newer version of this program.*Use that version or a later one/,
      ],
      ['of another program', (file) => change(file, 'PRAGMA user_version = 0'), /another program/],
    ])('%s', async (_what, damage, complaint) => {
      const { folder, database } = copy();
      damage(database);
      const args = command === 'serve' ? FREE_PORTS : ['x.test'];
      const { code, out, err } = await runTouchstone([command, ...args, '--data', folder]);
      expect({ code, out }, err).toEqual({ code: 1, out: '' });
      expect(err).toMatch(complaint);
      expect(err, 'one line, no stack').toMatch(/^touchstone: [^\n]*touchstone\.db[^\n]*\n$/);
      expect(readdirSync(folder), 'the lock is given back').not.toContain('lock');
    });
  },
);

test('with the damaged database moved away, the next start makes an empty one with the same CA', async () => {
  const { folder, database } = copy();
  truncateSync(database, 8192);
  renameSync(database, `${database}.damaged`);
  const server = await startServer({ dataFolder: folder });
  expect(await server.stop()).toBe(0);
  expect(readFileSync(join(folder, 'root-ca.pem'))).toEqual(readFileSync(join(sound, 'root-ca.pem')));
});

test('a folder that has lost its keys exits 2, names them, and keeps the root that clients trust', async () => {
  const { folder } = copy();
  rmSync(join(folder, 'keys'), { recursive: true });
  const { code, out, err } = await runTouchstone(['serve', ...FREE_PORTS, '--data', folder]);
  expect({ code, out }, err).toEqual({ code: 2, out: '' });
  expect(err, 'one line, no stack').toMatch(
    /^touchstone: [^\n]*root\.key and [^\n]*root\.pem are missing[^\n]*Restore[^\n]*\n$/,
  );
  expect(readFileSync(join(folder, 'root-ca.pem'))).toEqual(readFileSync(join(sound, 'root-ca.pem')));
  expect(readdirSync(folder), 'the lock is given back').not.toContain('lock');
});

test.skipIf(process.platform === 'win32').each([
  ['removed', (folder: string) => rmSync(folder, { recursive: true })],
  ['moved away', (folder: string) => renameSync(folder, `${folder}.moved`)],
  [
    'replaced by a copy',
    (folder: string) => {
      renameSync(folder, `${folder}.moved`);
      cpSync(`${folder}.moved`, folder, { recursive: true });
    },
  ],
])(
  'a data folder that is %s under a running server ends it with exit code 1, and it says why',
  async (_what, lose) => {
    const { folder } = copy();
    const server = await startServer({ dataFolder: folder });
    onTestFinished(() => server.kill());
    lose(folder);
    expect(await server.exited).toBe(1);
    expect(server.log()).toMatch(
      /^touchstone: \S+ was removed or replaced while the server ran, .*put the data folder back.*\n$/,
    );
  },
);

test.skipIf(process.platform !== 'linux')('a data folder that cannot be made exits 2 at once', async () => {
  const { code, err } = await runTouchstone(['serve', ...FREE_PORTS, '--data', '/proc/x']);
  expect({ code, err }).toEqual({
    code: 2,
    err: expect.stringMatching(/the data folder \/proc\/x: ENOENT.*Choose another with --data DIR/),
  });
});

test('a lock file that cannot be read exits 3 and says what to do', async () => {
  const { folder } = copy();
  writeFileSync(join(folder, 'lock'), 'mine\n');
  const { code, err } = await runTouchstone(['serve', ...FREE_PORTS, '--data', folder]);
  expect({ code, err }).toEqual({ code: 3, err: expect.stringMatching(/remove that file and start again/) });
});
