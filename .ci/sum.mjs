// Sums the two test runs: node .ci/sum.mjs FOLDER SETUP_FAILURES EXIT_STATUS... Exits 1 unless everything passed.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const [folder, setupFailures, ...statuses] = process.argv.slice(2);

function read(name) {
  const file = join(folder, name);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  console.log(`${name}: the run wrote no summary, so it did not finish`);
  return { passed: 0, failed: 1, skipped: 0, skippedNames: [], passedNames: [] };
}

const runs = [read('default.json'), read('full.json')];
const total = (key) => runs.reduce((sum, run) => sum + run[key], 0);
// A test that one part leaves out must be run by the other: the same file's, under the same name.
const leftOutBy = (run, other) => run.skippedNames.filter((name) => !other.passedNames.includes(name));
const leftOut = [...leftOutBy(runs[0], runs[1]), ...leftOutBy(runs[1], runs[0])];
for (const name of leftOut) console.log(`run by neither part: ${name}`);
const brokenSteps = statuses.filter((status) => status !== '0').length;
const failed = total('failed') + Number(setupFailures) + (total('failed') === 0 ? brokenSteps : 0);
rmSync(folder, { recursive: true, force: true });
console.log(`${total('passed')} passed, ${failed} failed, ${total('skipped')} skipped`);
process.exit(failed === 0 && leftOut.length === 0 ? 0 : 1);
