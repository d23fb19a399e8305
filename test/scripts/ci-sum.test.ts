import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { TestModule } from 'vitest/node';
import { ClosingLine } from '../support/closing-line.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const SUM = fileURLToPath(new URL('../../.ci/sum.mjs', import.meta.url));

test('what both parts passed is a success', () => {
  expect(
    sumOf([run('test/a.test.ts', 'works', 'passed')], [run('test/full/b.test.ts', 'works', 'passed')]),
  ).toEqual({
    status: 0,
    said: '2 passed, 0 failed, 0 skipped\n',
  });
});

test('a test that was skipped is missed, although one of another file has the same name', () => {
  const parts = [run('test/a.test.ts', 'works', 'skipped'), run('test/full/b.test.ts', 'works', 'passed')];
  expect(sumOf(parts.slice(0, 1), parts.slice(1))).toEqual({
    status: 1,
    said: 'run by neither part: test/a.test.ts: works\n1 passed, 0 failed, 1 skipped\n',
  });
});

test('a part that wrote no summary has failed', () => {
  expect(sumOf([run('test/a.test.ts', 'works', 'passed')], undefined)).toEqual({
    status: 1,
    said: 'full.json: the run wrote no summary, so it did not finish\n1 passed, 1 failed, 0 skipped\n',
  });
});

/** A file with one test that ended so, with what the reporter asks of it. */
function run(path: string, name: string, state: string): TestModule {
  const module = {
    relativeModuleId: path,
    project: { name: 'full' },
    errors: () => [],
    children: { allTests: () => [{ fullName: name, module, result: () => ({ state }) }] },
  };
  return module as unknown as TestModule;
}

/** What CI makes of the reporter's two summaries. */
function sumOf(first: readonly TestModule[], second: readonly TestModule[] | undefined) {
  const folder = temporaryFolder();
  for (const [name, modules] of Object.entries({ default: first, full: second }))
    if (modules !== undefined) summarize(modules, join(folder, `${name}.json`));
  const { status, stdout } = spawnSync(process.execPath, [SUM, folder, '0', '0', '0', '0'], {
    encoding: 'utf8',
  });
  return { status, said: stdout };
}

function summarize(modules: readonly TestModule[], file: string): void {
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  vi.stubEnv('TOUCHSTONE_TEST_SUMMARY', file);
  onTestFinished(() => void vi.unstubAllEnvs());
  new ClosingLine().onTestRunEnd(modules, []);
  print.mockRestore();
}
