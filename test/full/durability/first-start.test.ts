import { spawn } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfiguration } from '../../../src/application/configuration.ts';
import { startTouchstone } from '../../../src/application/start-touchstone.ts';
import { migrationsFolder } from '../../store/open-store.ts';
import { PROGRAM } from '../../support/running-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { TracedDisk } from './disk-after-power-cut.ts';
import { compileShim, hasCompiler } from './shim.ts';
import { startTracedServer } from './traced-server.ts';

/** Starts are mostly waiting, for the disk and for each other. */
const STARTS_AT_ONCE = 3;

const ANY_PORTS = parseConfiguration({ acme: { port: 0 }, publication: { port: 0 } });

let folder: string;
let shim: string;
beforeAll(() => {
  folder = temporaryFolder(afterAll);
  if (hasCompiler) shim = compileShim(folder);
});

/** The last change of the first start and stop is beyond this; met means that the numbering went wrong. */
const MOST_CHANGES = 400;

test.skipIf(!hasCompiler)(
  'a first start that is killed in any change that it makes to the folder is finished by the next one',
  async () => {
    let next = 1;
    let last = 0;
    const one = async (): Promise<void> => {
      while (last === 0 && next < MOST_CHANGES) {
        const at = next++;
        const dataFolder = join(folder, `killed-${at}`);
        if (await isKilledAt(at, dataFolder)) await requireNextStart(dataFolder);
        else last = Math.max(last, at);
      }
    };
    await Promise.all(Array.from({ length: STARTS_AT_ONCE }, one));
    expect(last).toBeGreaterThan(50);
    expect(last).toBeLessThan(MOST_CHANGES);
  },
);

test('a power cut at any moment of the first start leaves no half-written key, and the next start works', async () => {
  const place = join(folder, 'traced');
  mkdirSync(place);
  const traced = await startTracedServer(place, {});
  const disk = new TracedDisk(join(place, 'data'));
  const states = new Set([disk.state()]);
  for (const call of await traced.finish()) {
    disk.take(call);
    states.add(disk.state());
  }
  expect(states.size).toBeGreaterThan(15);
  const keys = new Set<string>();
  let number = 0;
  for (const { files } of states) {
    const dataFolder = join(folder, `cut-${++number}`);
    for (const [path, content] of files) {
      const copy = path.replace(join(place, 'data'), dataFolder);
      mkdirSync(dirname(copy), { recursive: true });
      writeFileSync(copy, content);
      if (copy.endsWith('.key')) keys.add(path);
    }
    await requireNextStart(dataFolder);
  }
  expect(keys.size, 'root, intermediate, API CA and API').toBe(4);
});

/** Starts and stops a server that dies in its N-th change. Answers false when it made fewer. */
async function isKilledAt(change: number, dataFolder: string): Promise<boolean> {
  const ports = ['acme.port=0', 'publication.port=0'].flatMap((setting) => ['--set', setting]);
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--json', '--data', dataFolder, ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      LD_PRELOAD: shim,
      TOUCHSTONE_SHIM_FOLDER: dataFolder,
      TOUCHSTONE_SHIM_KILL: String(change),
    },
  });
  // Its line says that it listens.
  child.stdout.once('data', () => child.kill('SIGTERM'));
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (code === 0) return false;
  expect(signal, `exit code ${code}`).toBe('SIGKILL');
  return true;
}

/** Every file under its own name is whole, the server starts and stops, and what clients trust already is as it was. */
async function requireNextStart(dataFolder: string): Promise<void> {
  const published = ['root-ca.pem', 'api-ca.pem'].map((name) => join(dataFolder, name)).filter(existsSync);
  const before = published.map((file) => readFileSync(file, 'utf8'));
  for (const file of pemFiles(dataFolder)) requireWhole(file);
  // In this process, which saves the time of loading the program each time.
  const running = await startTouchstone({ dataFolder, config: ANY_PORTS, migrationsFolder });
  await running.stop();
  expect(published.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
}

function pemFiles(dataFolder: string): readonly string[] {
  if (!existsSync(dataFolder)) return [];
  return readdirSync(dataFolder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:key|pem)$/.test(name))
    .map((name) => join(dataFolder, name));
}

function requireWhole(file: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text, file).toMatch(/-----END [A-Z ]+-----\n$/);
  if (file.endsWith('.key')) createPrivateKey(text);
  else new X509Certificate(text);
}
