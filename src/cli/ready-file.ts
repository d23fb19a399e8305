import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerFacts } from '../application/first-steps.ts';
import { readLiveLock } from '../runtime/folder-lock.ts';
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
 * Takes away what an earlier start has left: whoever waits for the file must not read that. A file of a server that still
 * runs stays, since a second start that is refused must not harm it. Throws UsageError where the file cannot be written,
 * before anything is started.
 */
export function removeStaleReadyFile(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK);
    const left = readReadyFile(file);
    const runs = left?.dataFolder !== undefined && readLiveLock(left.dataFolder)?.pid === left.pid;
    if (!runs) rmSync(file, { force: true });
  } catch (error) {
    throw new UsageError(
      `--ready-file ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** Takes the file away at a stop, if it is this process's. */
export function removeOwnReadyFile(file: string, pid: number): void {
  if (readReadyFile(file)?.pid === pid) rmSync(file, { force: true });
}

function readReadyFile(file: string): Partial<ReadyDocument> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Writes the file at once and whole: whoever sees it can read it. Throws the file system's error. */
export function writeReadyFile(file: string, ready: ReadyDocument): void {
  const temporary = `${file}.${ready.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`);
  renameSync(temporary, file);
}
