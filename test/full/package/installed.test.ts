import type { ChildProcessByStdio } from 'node:child_process';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { guideBlocks, guideRow } from '../readme/sh-blocks.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import { fetchNewestLts, NEWEST_LTS } from './newest-lts.ts';
import { copyCheckout, installTarball, newcomersEnvironment, packCheckout } from './packed.ts';

/** Compiling better-sqlite3 where it has no prebuilt binary. */
const INSTALL_MS = 600_000;
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

let folder: string;
let tarball: string;

beforeAll(() => {
  folder = temporaryFolder(afterAll);
  ({ tarball } = packCheckout(folder));
});

const THIS_NODE = Number(process.versions.node.split('.')[0]);

describe.each([...new Set([THIS_NODE, NEWEST_LTS])])(
  'the tarball, installed in an empty folder by Node.js %i',
  (major) => {
    let node: string;
    let installed: string;

    beforeAll(() => {
      node = major === THIS_NODE ? process.execPath : fetchNewestLts(join(folder, 'node'));
      installed = join(folder, `installed-${major}`);
      installTarball(tarball, installed, node);
    }, INSTALL_MS);

    const inFolder = (cwd: string) => ({ cwd, env: newcomersEnvironment(node), encoding: 'utf8' as const });

    test('says what it runs on', () => {
      const said = execFileSync(
        join(installed, 'node_modules/.bin/touchstone'),
        ['version', '--json'],
        inFolder(folder),
      );
      const { node: version, betterSqlite3 } = JSON.parse(said);
      expect(Number(version.split('.')[0])).toBe(major);
      expect(betterSqlite3).toMatch(/^12\./);
      if (major !== THIS_NODE)
        expect(execFileSync(node, ['-p', 'process.release.lts'], { encoding: 'utf8' })).not.toBe(
          'undefined\n',
        );
    });

    test('`npx touchstone serve` serves from a third folder, and its printed commands obtain and explain a certificate', async () => {
      const cwd = temporaryFolder();
      const [ready, httpPort] = [join(cwd, 'ready.json'), await freePort()];
      const settings = ['acme.port=0', 'publication.port=0', `validation.httpPort=${httpPort}`];
      const words = [
        'touchstone',
        'serve',
        '--ready-file',
        ready,
        ...settings.flatMap((pair) => ['--set', pair]),
      ];
      const npx = spawn('npx', ['--no', '--prefix', installed, ...words], {
        ...inFolder(cwd),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exited = once(npx, 'close');
      try {
        const guide = await saysUntil(npx, 'Ctrl-C stops it.');
        expect(guideRow(guide, 'Data folder')).toBe(join(cwd, 'touchstone-data'));
        const elsewhere = temporaryFolder();
        const wanted = guideBlocks(guide).filter((block) => / (issue|explain) first\.localhost/.test(block));
        expect(wanted).toHaveLength(2);
        const said = wanted.map((block) => execFileSync('sh', ['-e', '-c', block], inFolder(elsewhere)));
        expect(said[1]).toContain('By the rules prefer-ipv6 and');
        expect(readdirSync(elsewhere)).toEqual([]);
        const certificate = join(cwd, 'touchstone-data/certificates/first.localhost.pem');
        checkCertificate([certificate], guideRow(guide, 'Root certificate'), ['first.localhost']);
      } finally {
        // npx's shell does not always pass a signal on: the server itself is told.
        if (existsSync(ready)) process.kill(JSON.parse(readFileSync(ready, 'utf8')).pid, 'SIGTERM');
        else npx.kill('SIGKILL');
        expect(await exited).toEqual([0, null]);
      }
      expect(existsSync(join(cwd, 'touchstone-data/lock'))).toBe(false);
    });

    test('a program that imports it starts two servers side by side, and its stack traces name the source', () => {
      const program = `
      import { parseConfiguration, startTouchstone } from 'touchstone';
      process.setSourceMapsEnabled(true);
      const config = parseConfiguration({ acme: { port: 0 }, publication: { port: 0 } });
      const servers = await Promise.all(['one', 'other'].map((dataFolder) => startTouchstone({ dataFolder, config })));
      const urls = servers.map(({ facts }) => facts.directory.localhost);
      for (const server of servers) await server.stop();
      const { parseConfiguration: again } = await import('touchstone');
      let stack = '';
      try { again({ get acme() { throw new Error('thrown inside') } }); } catch (error) { stack = error.stack; }
      console.log(JSON.stringify({ urls, stack }));`;
      writeFileSync(join(installed, 'program.mjs'), program);
      const { stdout, stderr } = spawnSync(
        node,
        ['--enable-source-maps', 'program.mjs'],
        inFolder(installed),
      );
      expect(stderr).toBe('');
      const { urls, stack } = JSON.parse(stdout);
      expect(new Set(urls).size).toBe(2);
      expect(stack).toMatch(/src\/application\/configuration\.ts:\d+/);
      expect(existsSync(join(installed, 'one/root-ca.pem'))).toBe(true);
    });

    test("the README's program runs as it stands", () => {
      const readme = readFileSync(fileURLToPath(new URL('../../../README.md', import.meta.url)), 'utf8');
      const [, program = ''] = /^```js\n([\s\S]*?)^```$/m.exec(readme) ?? [];
      writeFileSync(join(installed, 'readme.mjs'), program);
      const { stdout, stderr, status } = spawnSync(node, ['readme.mjs'], inFolder(installed));
      expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
      expect(stdout).toMatch(/^200 \S+root-ca\.pem\n$/);
    });

    // `npm test` itself runs the suite on this Node.js.
    if (major === THIS_NODE) return;

    test('the whole default suite passes in a checkout that runs on it', () => {
      const checkout = join(folder, 'checkout-of-newest');
      copyCheckout(checkout);
      linkModules(join(checkout, 'node_modules'), join(installed, 'node_modules/better-sqlite3'));
      const summary = join(folder, 'summary.json');
      const options = inFolder(checkout);
      // Everything is there, but `npm ci` has not put it there.
      const prepared = "import('./scripts/prepare.mjs').then((preparing) => preparing.markInstalled())";
      execFileSync(node, ['-e', prepared], options);
      const run = spawnSync('npm', ['test'], {
        ...options,
        env: { ...options.env, TOUCHSTONE_TEST_SUMMARY: summary },
        maxBuffer: 1e8,
      });
      expect(existsSync(summary), `${run.stdout}${run.stderr}`).toBe(true);
      const { passed, failed } = JSON.parse(readFileSync(summary, 'utf8'));
      console.log(`under Node.js ${major}, counted as one test here: ${passed} passed, ${failed} failed`);
      expect(failed, run.stdout).toBe(0);
      expect(passed).toBeGreaterThan(1000);
      expect(run.status).toBe(0);
    }, 900_000);
  },
);

/** The packages of the checkout under test, but for the driver, which is compiled for one line of Node.js alone. */
function linkModules(modules: string, driver: string): void {
  mkdirSync(modules);
  for (const name of readdirSync(MODULES))
    if (name !== 'better-sqlite3' && name !== '.touchstone-installed' && !name.startsWith('.vite'))
      symlinkSync(join(MODULES, name), join(modules, name));
  cpSync(driver, join(modules, 'better-sqlite3'), { recursive: true });
  rmSync(join(modules, '.cache'), { force: true });
}

/** Everything on standard output up to the words. Rejects with all that was said when the program ends before. */
function saysUntil(child: ChildProcessByStdio<null, Readable, Readable>, words: string): Promise<string> {
  let said = '';
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(words)) resolve(said);
    });
    child.once('close', () => reject(new Error(`it ended before it said "${words}":\n${said}${complaints}`)));
  });
}
