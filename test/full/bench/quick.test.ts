import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));
const AS_DOCUMENTED = ['npm', 'run', 'bench', '--'] as const;
/** What npm starts: its children are the bench's. */
const WITHOUT_NPM = [process.execPath, 'scripts/bench.mjs'] as const;

test('a quick run issues, prints its tables, and writes them as Markdown and as JSON', async () => {
  const folder = temporaryFolder();
  const files = { json: join(folder, 'figures.json'), markdown: join(folder, 'tables.md') };
  const bench = startBench([
    ...['--quick', '--no-pebble', '--only', 'issuance', '--orders', '20'],
    ...['--json', files.json, '--markdown', files.markdown],
  ]);
  expect(await bench.code, bench.said()).toBe(0);
  expect(bench.said()).toMatch(/^CPU ms an order +\d/m);
  expect(bench.said()).toMatch(/^finalize +\d/m);
  expect(bench.said()).not.toContain('failed');
  expect(readFileSync(files.markdown, 'utf8')).toMatch(/^\| orders\/s \| [\d.]+ \(/m);
  const { machine, ...setups } = JSON.parse(readFileSync(files.json, 'utf8'));
  expect(machine).toMatchObject({ commit: expect.any(String), loadAfter: expect.any(String) });
  // The first orders after the start stand by themselves.
  expect(Object.keys(setups)).toEqual([
    'Cold: the first 40 orders after the start, 8 clients, one name, keep-alive',
    '8 clients, one name, keep-alive',
    '8 clients, one name, keep-alive, with and without the gate',
  ]);
  for (const { rounds } of Object.values<{ rounds: unknown }>(setups))
    expect(rounds).toContainEqual(
      expect.objectContaining({ server: 'touchstone', failures: [], unanswered: 0 }),
    );
});

test('an interrupt ends the servers that the bench has started', async () => {
  const bench = startBench(['--quick', '--no-pebble', '--only', 'issuance', '--orders', '5000'], WITHOUT_NPM);
  await bench.says(/Warming touchstone up/);
  const servers = childrenOf(bench.pid);
  expect(servers.length, bench.said()).toBeGreaterThan(0);
  process.kill(bench.pid, 'SIGINT');
  expect(await bench.code, bench.said()).toBe(130);
  expect(servers.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
});

test.each([
  [['--only', 'nothing'], 'There are: issuance'],
  [['--clients', '8,none'], '--clients takes numbers'],
  [['--faster'], 'npm run bench -- --help'],
])('%j is refused with what to type instead', async (args, text) => {
  const bench = startBench(args);
  expect(await bench.code).toBe(2);
  expect(bench.said()).toContain(text);
});

function startBench(
  args: readonly string[],
  [program, ...before]: readonly [string, ...string[]] = AS_DOCUMENTED,
) {
  const child = spawn(program, [...before, ...args], { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  const code = once(child, 'close').then(([value]: (number | null)[]) => value ?? null);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  return {
    pid: child.pid ?? 0,
    code,
    said: () => said,
    async says(pattern: RegExp): Promise<void> {
      while (!pattern.test(said)) await once(child.stdout, 'data');
    },
  };
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8')
      .split(' ')
      .filter((text) => text !== '')
      .map(Number),
  );
}
