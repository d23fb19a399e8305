import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** `npm start` in the checkout that these tests are in, which is built. Resolves once it serves. */
async function npmStart() {
  const folder = temporaryFolder();
  const flags = [
    '--data',
    join(folder, 'data'),
    '--json',
    '--set',
    'acme.port=0',
    '--set',
    'publication.port=0',
  ];
  const npm = spawn('npm', ['start', '--', ...flags], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let said = '';
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const exited = once(npm, 'exit').then(([code]: (number | null)[]) => code);
  for await (const line of createInterface({ input: npm.stdout })) {
    if (!line.startsWith('{')) continue;
    const { pid } = JSON.parse(line);
    onTestFinished(() => {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    });
    return { npm, exited, pid: Number(pid), dataFolder: join(folder, 'data'), said: () => said };
  }
  throw new Error(`npm start ended before it served:\n${said}`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Everything that a build would write, with its time. */
function built(): readonly string[] {
  const stamps = [join(CHECKOUT, 'node_modules', '.touchstone-installed')];
  const outputs = readdirSync(join(CHECKOUT, 'dist'), { recursive: true, encoding: 'utf8' }).map((name) =>
    join(CHECKOUT, 'dist', name),
  );
  return [...stamps, ...outputs].sort().map((path) => `${path} ${statSync(path).mtimeMs}`);
}

test.skipIf(process.platform === 'win32')(
  'builds nothing when nothing changed, and SIGTERM to npm stops the server and leaves nothing behind',
  async () => {
    const before = built();
    const { npm, exited, pid, dataFolder, said } = await npmStart();
    expect(built()).toEqual(before);
    expect(said()).not.toMatch(/Installing|Building/);
    expect(readFileSync(join(dataFolder, 'lock'), 'utf8')).toContain(`"pid":${pid}`);
    npm.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(dataFolder, 'lock'))).toBe(false);
  },
);
