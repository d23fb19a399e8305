import type { ParsedArguments } from './arguments.ts';
import { describeMachine, loadAverages, readMachine } from './machine.ts';
import { benchPaths } from './paths.ts';
import type { Report } from './report/report.ts';
import { createReport } from './report/report.ts';
import type { BenchContext, Scenario } from './scenarios/scenario.ts';
import { findPebble, startPebble } from './servers/pebble.ts';
import { startTouchstone } from './servers/touchstone.ts';
import { startWorld } from './world/bench-world.ts';

type Action = () => void | Promise<void>;

/** Runs the scenarios one after the other. Whatever they started has ended when this settles, or when SIGINT came. */
export async function runScenarios(parsed: ParsedArguments): Promise<Report> {
  const report = createReport((text) => void process.stdout.write(text));
  const pebble = parsed.pebble ? findPebble() : undefined;
  const machine = readMachine(pebble, benchPaths().root);
  const loadBefore = loadAverages();
  report.note(describeMachine(machine));
  const { nodeArguments } = parsed.options;
  if (nodeArguments.length > 0) report.note(`Our server runs with node ${nodeArguments.join(' ')}.`);
  report.note(`Load average before: ${loadBefore}.`);
  if (parsed.pebble && pebble === undefined)
    report.note(
      'Pebble is not installed (Debian: apt-get install pebble): the comparison with it is skipped.',
    );
  for (const scenario of parsed.scenarios) await runScenario(scenario, parsed, report, pebble);
  const loadAfter = loadAverages();
  report.note(`Load average after: ${loadAfter}, the bench's own included.`);
  report.record('machine', { ...machine, nodeArguments, loadBefore, loadAfter });
  return report;
}

async function runScenario(
  scenario: Scenario,
  { options }: ParsedArguments,
  report: Report,
  pebble: string | undefined,
): Promise<void> {
  const deferred: Action[] = [];
  const defer = (action: Action): void => void deferred.push(action);
  const cleanUp = async (): Promise<void> => {
    for (let action = deferred.pop(); action !== undefined; action = deferred.pop()) await action();
  };
  let stopping = false;
  const interrupted = (signal: NodeJS.Signals): void => {
    stopping = true;
    report.progress(`\n${signal}: ending what was started ...`);
    void cleanUp().finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    const paths = benchPaths();
    const world = await startWorld(paths.dnsThread);
    defer(() => world.close());
    const context: BenchContext = {
      options,
      paths,
      world,
      report,
      defer,
      async startTouchstone(more = {}) {
        const nodeArguments = [...options.nodeArguments, ...(more.nodeArguments ?? [])];
        const server = await startTouchstone({ ...more, nodeArguments, paths, world });
        defer(() => server.stop());
        return server;
      },
      startPebble:
        pebble === undefined
          ? undefined
          : async () => {
              const server = await startPebble(pebble, world);
              defer(() => server.stop());
              return server;
            },
    };
    await scenario.run(context);
  } finally {
    // A scenario whose servers were taken away fails; the signal's handler has the last word.
    if (stopping) await new Promise(() => undefined);
    await cleanUp();
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}
