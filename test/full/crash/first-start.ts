import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateAccountKey } from '../../../src/jws/sign.ts';
import { startServer } from '../../support/running-server.ts';
import { withSession } from './crash-world.ts';
import { schemaVersion } from './database.ts';
import { chooseMoment, killDuringStart } from './kill-during-start.ts';
import { Ledger } from './ledger.ts';
import type { Chance } from './seeded-chance.ts';

/** How far a first start had got when it was killed. */
export type FirstStartStage = 'nothing' | 'folder' | 'some keys' | 'all keys' | 'database';

export interface FirstStart {
  readonly stages: readonly FirstStartStage[];
  /** What was wrong with the folder or with the start that followed, in words. */
  readonly wrong: readonly string[];
}

/** Made once, before anything refers to them; never made anew. */
const LASTING = ['root-ca.pem', 'api-ca.pem'];

const KEY_FILES = 7;

/** Kills so many first starts on one empty folder, then starts for good: that must work, on whole files. */
export async function killFirstStarts(chance: Chance, kills: number, startMs: number): Promise<FirstStart> {
  const parent = mkdtempSync(join(tmpdir(), 'touchstone-first-'));
  const folder = join(parent, 'data');
  const stages: FirstStartStage[] = [];
  const wrong: string[] = [];
  const lasting = new Map<string, string>();
  try {
    while (stages.length < kills) {
      const where = existsSync(folder) ? folder : parent;
      const moment = chooseMoment(chance, startMs, { of: where, withinMs: 1 + chance.below(startMs / 2) });
      const early = await killDuringStart({ dataFolder: folder }, moment);
      if (early) stages.push(stageOf(folder));
      wrong.push(...brokenFiles(folder), ...changedFiles(folder, lasting));
    }
    wrong.push(...(await startForGood(folder)), ...brokenFiles(folder), ...changedFiles(folder, lasting));
    return { stages, wrong };
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

async function startForGood(folder: string): Promise<readonly string[]> {
  const server = await startServer({ dataFolder: folder });
  try {
    return await withSession(
      server,
      new Ledger(),
      () => {},
      async (session) => {
        const key = await generateAccountKey('ES256');
        const account = await session.post('/acme/new-account', { key }, { termsOfServiceAgreed: true });
        const identifiers = [{ type: 'dns', value: 'first.localhost' }];
        const order = await session.post(
          '/acme/new-order',
          { key, url: String(account.location) },
          { identifiers },
        );
        return [account, order]
          .filter(({ status }) => status !== 201)
          .map(({ status, body }) => `the start after a killed first start answers ${status} ${body}`);
      },
    );
  } finally {
    server.kill();
    await server.exited;
  }
}

function stageOf(folder: string): FirstStartStage {
  if (!existsSync(folder)) return 'nothing';
  const database = join(folder, 'touchstone.db');
  if (existsSync(database) && schemaVersion(database) > 0) return 'database';
  const keys = keyFiles(folder).length;
  if (keys === KEY_FILES) return 'all keys';
  return keys > 0 ? 'some keys' : 'folder';
}

function keyFiles(folder: string): readonly string[] {
  const keys = join(folder, 'keys');
  return existsSync(keys) ? readdirSync(keys).filter((name) => /\.(key|pem)$/.test(name)) : [];
}

function brokenFiles(folder: string): readonly string[] {
  return keyFiles(folder).flatMap((name) => {
    const text = readFileSync(join(folder, 'keys', name), 'utf8');
    try {
      if (name.endsWith('.key')) createPrivateKey(text);
      else new X509Certificate(text);
      return [];
    } catch (error) {
      return [`keys/${name} is half-written (${text.length} characters): ${String(error)}`];
    }
  });
}

function changedFiles(folder: string, lasting: Map<string, string>): readonly string[] {
  return LASTING.filter((name) => existsSync(join(folder, name))).flatMap((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const before = lasting.get(name);
    lasting.set(name, text);
    return before === undefined || before === text ? [] : [`${name} was made a second time`];
  });
}
