import { writeFileSync } from 'node:fs';
import { helpText, parseArguments, UsageError } from './arguments.ts';
import { runScenarios } from './run-scenarios.ts';
import { issuance } from './scenarios/issuance.ts';
import { memory } from './scenarios/memory.ts';
import { requestKinds } from './scenarios/request-kinds.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { slowDisk } from './scenarios/slow-disk.ts';
import { slowDrips } from './scenarios/slow-drips.ts';
import { start } from './scenarios/start.ts';
import { storeSize } from './scenarios/store-size.ts';
import { underAttack } from './scenarios/under-attack.ts';

/** In the order in which they run. */
const SCENARIOS: readonly Scenario[] = [
  issuance,
  requestKinds,
  slowDisk,
  start,
  storeSize,
  memory,
  underAttack,
  slowDrips,
];

async function main(): Promise<void> {
  const parsed = parseArguments(process.argv.slice(2), SCENARIOS);
  if (parsed === 'help') {
    process.stdout.write(helpText(SCENARIOS));
    return;
  }
  const report = await runScenarios(parsed);
  if (parsed.jsonFile !== undefined) writeFileSync(parsed.jsonFile, report.json());
  if (parsed.markdownFile !== undefined) writeFileSync(parsed.markdownFile, report.markdown());
}

main().catch((error: unknown) => {
  const usage = error instanceof UsageError;
  process.stderr.write(
    `bench: ${error instanceof Error ? (usage ? error.message : error.stack) : String(error)}\n`,
  );
  process.exitCode = usage ? 2 : 1;
});
