import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const BENCH = fileURLToPath(new URL('../../../scripts/bench.mjs', import.meta.url));

test.each([
  ['request-kinds', /^finalize, until the order is valid +\d/m],
  ['start', /^again, on 200 orders +\d/m],
  ['store-size', /^CPU ms an order +\d/m],
  ['memory', /^idle after 200 orders +\d/m],
])('a quick run of %s prints its table and writes its figures', async (scenario, row) => {
  const json = join(temporaryFolder(), 'figures.json');
  const args = [BENCH, '--quick', '--no-pebble', '--only', scenario, '--orders', '200', '--json', json];
  const bench = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [bench.stdout, bench.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const [code] = await once(bench, 'close');
  expect(code, said).toBe(0);
  expect(said).toMatch(row);
  expect(JSON.parse(readFileSync(json, 'utf8'))).not.toEqual({});
});
