import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url));
const TWO_DAYS_MS = 2 * 86_400_000;

test('files that a build replaces stay for a day from then, however old they are', async () => {
  const checkout = smallCheckout();
  await prepare(checkout).done;
  const [first = ''] = checkout.chunks();
  checkout.age();
  checkout.write('src/part.ts', 'export const part = 2;');
  await prepare(checkout).done;
  expect(checkout.chunks()).toHaveLength(2);
  expect(checkout.chunks()).toContain(first);
  checkout.age();
  checkout.write('src/part.ts', 'export const part = 3;');
  await prepare(checkout).done;
  // The second, which has been replaced now, and the third.
  expect(checkout.chunks()).toHaveLength(2);
  expect(checkout.chunks()).not.toContain(first);
});

test('a clean build leaves nothing of earlier ones', async () => {
  const checkout = smallCheckout();
  await prepare(checkout).done;
  const [first = ''] = checkout.chunks();
  checkout.write('src/part.ts', 'export const part = 2;');
  await prepare(checkout, '--clean').done;
  expect(checkout.chunks()).toHaveLength(1);
  expect(checkout.chunks()).not.toContain(first);
});

test("a new version is in the next build's bill of materials", async () => {
  const checkout = smallCheckout();
  await prepare(checkout).done;
  checkout.write('package.json', JSON.stringify({ ...PACKAGE, version: '1.2.3' }));
  await prepare(checkout).done;
  const { metadata } = JSON.parse(readFileSync(join(checkout.folder, 'dist/sbom.cdx.json'), 'utf8'));
  expect(metadata.component.version).toBe('1.2.3');
});

test('waits while another process installs or builds, and says for which', async () => {
  const checkout = smallCheckout();
  checkout.lockFor(process.pid);
  const preparing = prepare(checkout);
  await preparing.says(`Waiting for process ${process.pid}`);
  expect(preparing.said()).not.toContain('Building');
  renameSync(checkout.lock, join(checkout.folder, 'given-up'));
  await preparing.done;
  expect(preparing.said()).toContain('Building');
});

test('of several that start together one builds, and the others use what it built', async () => {
  const checkout = smallCheckout();
  const all = [prepare(checkout), prepare(checkout), prepare(checkout)];
  for (const one of all) await one.done;
  expect(all.filter((one) => one.said().includes('Building'))).toHaveLength(1);
  const left = readdirSync(join(checkout.folder, 'dist'), { recursive: true, encoding: 'utf8' });
  expect(left.filter((name) => /lock|unfinished/.test(name))).toEqual([]);
});

test('takes over from a process that was killed while it built', async () => {
  const checkout = smallCheckout();
  const ended = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(ended, 'exit');
  checkout.lockFor(ended.pid ?? 0);
  const preparing = prepare(checkout);
  await preparing.done;
  expect(preparing.said()).toBe('Building ...\n');
  expect(existsSync(checkout.lock)).toBe(false);
});

test('a build that fails gives its place to the next', async () => {
  const checkout = smallCheckout();
  checkout.write('src/part.ts', 'export const part = ;');
  await expect(prepare(checkout).done).rejects.toThrow(/The build failed/);
  expect(existsSync(checkout.lock)).toBe(false);
});

const PACKAGE = { name: 'small', version: '1.0.0', license: 'MIT', type: 'module' };

/** A checkout with this one's scripts and bundler, and sources of three lines with a part that is loaded on first use. */
function smallCheckout() {
  const folder = temporaryFolder();
  const lock = join(folder, 'dist/.touchstone-lock');
  const write = (path: string, text: string): void => writeFileSync(join(folder, path), text);
  cpSync(join(CHECKOUT, 'scripts'), join(folder, 'scripts'), { recursive: true });
  mkdirSync(join(folder, 'src/cli'), { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['esbuild', '@esbuild'])
    symlinkSync(join(CHECKOUT, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  write('package.json', JSON.stringify(PACKAGE));
  write('package-lock.json', '{}');
  write('tsconfig.json', '{}');
  write('src/part.ts', 'export const part = 1;');
  write('src/index.ts', "export const load = () => import('./part.ts');");
  write('src/cli/touchstone.ts', "import { load } from '../index.ts';\nvoid load();");
  return {
    folder,
    lock,
    write,
    lockFor(pid: number): void {
      mkdirSync(lock, { recursive: true });
      writeFileSync(join(lock, 'pid'), String(pid));
    },
    /** The part's builds, oldest and newest. */
    chunks: (): readonly string[] =>
      readdirSync(join(folder, 'dist/chunks')).filter((name) => /^part-.*\.js$/.test(name)),
    /** Makes all that is built two days old. */
    age(): void {
      const time = new Date(Date.now() - TWO_DAYS_MS);
      for (const name of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' }))
        utimesSync(join(folder, 'dist', name), time, time);
    },
  };
}

/** Prepares a checkout whose packages are there. `done` rejects with what was said when that fails. */
function prepare({ folder }: { readonly folder: string }, flag = '') {
  const script = `const { markInstalled, prepare } = await import('./scripts/prepare.mjs');
    markInstalled();
    prepare({ clean: ${flag === '--clean'} });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const done = once(child, 'close').then(([code]: (number | null)[]) => {
    if (code !== 0) throw new Error(said);
  });
  return {
    done,
    said: () => said,
    async says(words: string): Promise<void> {
      while (!said.includes(words)) await once(child.stderr, 'data');
    },
  };
}
