import { programPath, shellCommand } from '../application/program-files.ts';
import type { RunningTouchstone } from '../application/start-touchstone.ts';
import { startTouchstone } from '../application/start-touchstone.ts';
import { realWorld } from '../application/world.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/logger.ts';
import type { ConfigurationOptions } from './configuration-file.ts';
import { loadConfiguration } from './configuration-file.ts';
import { dataFolderOf } from './data-folder.ts';
import { renderGuide } from './guide.ts';
import { boundHeapGrowth } from './heap-growth.ts';
import type { Output } from './output.ts';
import { styled } from './output.ts';
import {
  readyDocument,
  readyFileOf,
  removeOwnReadyFile,
  removeStaleReadyFile,
  writeReadyFile,
} from './ready-file.ts';
import { stopSignals } from './stop-signals.ts';

export interface ServeOptions extends ConfigurationOptions {
  readonly data?: string;
  readonly readyFile?: string;
  readonly json?: boolean;
}

/** `touchstone serve`: runs the CA until a signal, and resolves when it has stopped cleanly. */
export async function serve(options: ServeOptions, output: Output): Promise<void> {
  boundHeapGrowth();
  const readyFile = options.readyFile === undefined ? undefined : readyFileOf(options.readyFile);
  const config = loadConfiguration(options);
  const logger = createLogger({
    level: config.log.level,
    sink: { write: (line) => output.err(line) },
    readable: process.stderr.isTTY === true,
  });
  // Before anything is opened, so that a signal during the start still stops cleanly.
  const signals = stopSignals();
  const running = await startTouchstone({
    config,
    world: realWorld({ logger }),
    realClock: systemClock,
    dataFolder: dataFolderOf(options),
    migrationsFolder: programPath('migrations/sqlite'),
    program: shellCommand(),
    onLocked: () => {
      if (readyFile !== undefined) removeStaleReadyFile(readyFile);
    },
    onFatal: (error) => signals.fail(error),
  });
  try {
    announce(running, readyFile, options.json === true, output);
    await signals.received;
    if (options.json !== true) output.out(`\n${styled(output, 'dim', 'Stopping ...')}\n`);
  } finally {
    if (readyFile !== undefined) removeOwnReadyFile(readyFile, process.pid);
    await running.stop();
    signals.release();
  }
}

function announce(
  running: RunningTouchstone,
  readyFile: string | undefined,
  json: boolean,
  output: Output,
): void {
  for (const warning of running.warnings) output.err(`${styled(output, 'yellow', 'warning:')} ${warning}\n`);
  const ready = readyDocument(running.facts, process.pid);
  // The file first: who reads the line may read the file.
  if (readyFile !== undefined) writeReadyFile(readyFile, ready);
  output.out(json ? `${JSON.stringify(ready)}\n` : renderGuide(running.facts, output));
}
