import { accessSync, constants, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerFacts } from '../application/first-steps.ts';
import { UsageError } from './usage-error.ts';

/** What programs that start a server wait for. Paths are absolute; what there is not is null, so that the keys are always the same. */
export interface ReadyDocument {
  readonly pid: number;
  readonly directory: {
    readonly ipv4: string | null;
    readonly ipv6: string | null;
    readonly localhost: string;
  };
  readonly apiCa: string | null;
  readonly rootCa: string;
  readonly dataFolder: string;
}

/** The facts of a start that programs rely on; part of the interface. */
export function readyDocument(facts: ServerFacts, pid: number): ReadyDocument {
  const { apiCa, rootCa, dataFolder } = facts;
  const { ipv4, ipv6, localhost } = facts.directory;
  const directory = { ipv4: ipv4 ?? null, ipv6: ipv6 ?? null, localhost };
  return { pid, directory, apiCa: apiCa ?? null, rootCa, dataFolder };
}

/**
 * Takes away what an earlier start has left: whoever waits for the file must not read that. Throws UsageError where the file
 * cannot be written, before anything is started.
 */
export function removeReadyFile(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
    rmSync(file, { force: true });
  } catch (error) {
    throw new UsageError(
      `--ready-file ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Writes the file at once and whole: whoever sees it can read it. Throws the file system's error. */
export function writeReadyFile(file: string, ready: ReadyDocument): void {
  const temporary = `${file}.${ready.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`);
  renameSync(temporary, file);
}
