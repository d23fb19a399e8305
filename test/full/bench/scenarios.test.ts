import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const BENCH = fileURLToPath(new URL('../../../scripts/bench.mjs', import.meta.url));

const HAS_PEBBLE = spawnSync('which', ['pebble']).status === 0;

test.each([
  ['request-kinds', /^finalize, until the order is valid +\d/m],
  ['slow-disk', /^CPU ms an order +\d/m],
  ['start', /^again, on 200 orders +\d/m],
  ['store-size', /^CPU ms an order +\d/m],
  ['memory', /^idle after 200 orders +\d/m],
  ['under-attack', /^both +\d/m],
  ['slow-drips', /^all +\d/m],
])('a quick run of %s prints its table and writes its figures', async (scenario, row) => {
  const { said, figures } = await quickRun(['--no-pebble', '--only', scenario]);
  expect(said).toMatch(row);
  expect(Object.keys(figures)).toContain('machine');
  expect(Object.keys(figures).length).toBeGreaterThan(1);
});

test.runIf(HAS_PEBBLE).each([
  ['issuance', /^order p50 ms +\d\S* \(\S+\) +\d/m],
  ['request-kinds', /^revokeCert +\d\S* \(\S+\) +\d/m],
  ['start', /^first, on an empty folder +\d\S* \(\S+\) +\d/m],
  ['memory', /^idle after its start +\d\S* +\d/m],
])('a quick run of %s measures Pebble too', async (scenario, row) => {
  expect((await quickRun(['--only', scenario])).said).toMatch(row);
});

async function quickRun(more: readonly string[]) {
  const json = join(temporaryFolder(), 'figures.json');
  const args = [BENCH, '--quick', '--orders', '200', '--json', json, ...more];
  const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [bench.stdout, bench.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [code] = await once(bench, 'close');
  expect(code, said).toBe(0);
  expect(said).not.toContain('failed');
  const figures: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(json, 'utf8'));
  return { said, figures };
}
