import { renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerFacts } from '../application/first-steps.ts';

/** What programs that start a server wait for. Paths are absolute. */
export interface ReadyDocument {
  readonly pid: number;
  readonly directory: ServerFacts['directory'];
  readonly apiCa: string | undefined;
  readonly rootCa: string;
  readonly dataFolder: string;
}

/** The facts of a start that programs rely on; part of the interface. */
export function readyDocument(facts: ServerFacts, pid: number): ReadyDocument {
  const { directory, apiCa, rootCa, dataFolder } = facts;
  return { pid, directory, apiCa, rootCa, dataFolder };
}

/** Takes away what an earlier start has left: whoever waits for the file must not read that. Throws the file system's error. */
export function removeReadyFile(file: string): void {
  rmSync(file, { force: true });
}

/** Writes the file at once and whole: whoever sees it can read it. Throws the file system's error. */
export function writeReadyFile(file: string, ready: ReadyDocument): void {
  const temporary = `${file}.${ready.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`);
  renameSync(temporary, file);
}
