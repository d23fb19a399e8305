import type { ChildProcessByStdio } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import type { AccountId, CertificateId, ChallengeId, OrderId } from '../../src/protocol/ids.ts';
import { openSqliteReader } from '../../src/store/sqlite/open-sqlite-reader.ts';
import type { StoreReader } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { transpileProgram } from '../support/transpiled-program.ts';
import type { AcknowledgedKind } from './acknowledging-writer.ts';
import { migrationsFolder, openStore } from './open-store.ts';

const program = transpileProgram('test/store/acknowledging-writer.ts', temporaryFolder(afterAll));

test('whatever was acknowledged is there after kill -9, five times on one file', async () => {
  const file = join(temporaryFolder(), 'touchstone.db');
  const acknowledged: string[] = [];
  for (const killAfter of [1, 30, 157, 401, 800]) {
    const child = spawnNode([program, file, migrationsFolder]);
    const lines = await runUntil(child, killAfter);
    expect(child.signalCode).toBe('SIGKILL');
    expect(lines.length).toBeGreaterThanOrEqual(killAfter);
    acknowledged.push(...lines);
    // A reader comes first: it has to recover the log that the dead writer left.
    const reader = await openSqliteReader({ file });
    expect(await missing(reader, acknowledged)).toEqual([]);
    await reader.close();
    requireIntegrity(file);
  }
  const store = await openStore({ file });
  expect(await missing(store, acknowledged)).toEqual([]);
  await store.close();
});

// A limit on the size of files makes writes to the log fail as a broken disk does, and needs no root.
test.skipIf(process.platform === 'win32')(
  'a commit that fails in the disk is fatal, rejects all, and loses nothing acknowledged',
  async () => {
    const file = join(temporaryFolder(), 'touchstone.db');
    const command = 'ulimit -f 800 && exec "$@"';
    const child = spawn('sh', ['-c', command, 'sh', process.execPath, program, file, migrationsFolder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = await runUntil(child, Number.POSITIVE_INFINITY);
    const fatal = lines.indexOf('fatal');
    expect(lines.filter((line) => line === 'fatal')).toHaveLength(1);
    // One and the same error for all that were under way, and nothing is read or written any more.
    expect(lines.slice(fatal + 1)).toEqual(['ended [1,"rejected","rejected"]']);
    // The driver closes what is open when the process ends, and has not carried the log over.
    expect(existsSync(`${file}-wal`)).toBe(true);
    requireIntegrity(file);
    const store = await openStore({ file });
    expect(fatal).toBeGreaterThan(100);
    expect(await missing(store, lines.slice(0, fatal))).toEqual([]);
    await store.close();
  },
);

type Child = ChildProcessByStdio<null, Readable, null>;

function spawnNode(args: readonly string[]): Child {
  return spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Kills the process once it has printed so many lines, and answers all that it printed until it was gone. */
async function runUntil(child: Child, killAfter: number): Promise<readonly string[]> {
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const closed = once(child, 'close');
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => {
    lines.push(line);
    if (lines.length === killAfter) child.kill('SIGKILL');
  });
  await Promise.all([closed, once(reading, 'close')]);
  // The last line may have been cut off by the kill.
  return lines.filter((line) => /^(?:[a-z]+ \d+|fatal|ended .*\])$/.test(line));
}

async function missing(store: StoreReader, acknowledged: readonly string[]): Promise<readonly string[]> {
  const absent: string[] = [];
  for (const line of new Set(acknowledged)) {
    const [kind, id] = line.split(' ');
    if (!(await isKept(store, kind as AcknowledgedKind, Number(id)))) absent.push(line);
  }
  return absent;
}

async function isKept(store: StoreReader, kind: AcknowledgedKind, id: number): Promise<boolean> {
  switch (kind) {
    case 'account':
      return (await store.findAccount(id as AccountId)) !== undefined;
    case 'deactivated':
      return (await store.findAccount(id as AccountId))?.status === 'deactivated';
    case 'order':
      return (await store.findOrder(id as OrderId)) !== undefined;
    case 'failed':
      return (await store.findOrder(id as OrderId))?.order.problem !== undefined;
    case 'claimed':
      return /^(processing|valid)$/.test(
        (await store.findChallenge(id as ChallengeId))?.challenge.status ?? '',
      );
    case 'valid':
      return (await store.findChallenge(id as ChallengeId))?.authorization.storedStatus === 'valid';
    case 'certificate':
      return (await store.findCertificate(id as CertificateId)) !== undefined;
    case 'revoked':
      return (await store.findCertificate(id as CertificateId))?.revocation !== undefined;
  }
}

function requireIntegrity(file: string): void {
  const connection = new Database(file, { readonly: true });
  expect(connection.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(connection.pragma('foreign_key_check')).toEqual([]);
  connection.close();
}
