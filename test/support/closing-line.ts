import { readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Ends a run with what it did not do and why, and the line `N passed, N failed, N skipped`. With
 * TOUCHSTONE_TEST_SUMMARY=FILE it also writes the figures there as JSON, and the names of the tests that were skipped and passed,
 * each with its file's path: tests of different files may have the same name.
 */
export class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // A file that does not load has no tests: it still failed.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const names = (state: string): readonly string[] =>
      tests
        .filter((test) => test.result().state === state)
        .map((test) => `${test.module.relativeModuleId}: ${test.fullName}`);
    const skipped = names('skipped');
    const summary = { passed: count('passed'), failed: count('failed') + broken, skipped: skipped.length };
    if (!modules.some((module) => module.project.name === 'full')) printWhatIsLeftOut();
    for (const name of skipped) console.log(`skipped: ${name}`);
    console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
    const file = process.env.TOUCHSTONE_TEST_SUMMARY;
    if (file)
      writeFileSync(
        file,
        JSON.stringify({ ...summary, skippedNames: skipped, passedNames: names('passed') }),
      );
  }
}

function printWhatIsLeftOut(): void {
  const folder = fileURLToPath(new URL('../full/', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.test.ts'),
  );
  console.log(
    '\nNot run here, because it needs root, programs of the operating system, or more time (npm run test:full, as .ci/run does):',
  );
  for (const name of files.sort()) console.log(`  test/full/${name}`);
}
