import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { transpileProgram } from '../support/transpiled-program.ts';
import type { FailureCase } from './failure-case.ts';
import { OWN_HOST_CASES } from './own-host.ts';
import type { Played } from './stage.ts';

/** Loading the program takes some hundreds at once. */
const OPEN_FILES = 1024;

/** True for a row that must not be played in the process of other tests. */
export function needsOwnProcess(row: FailureCase): boolean {
  return OWN_HOST_CASES.includes(row);
}

/** Plays the rows that need a process of their own in one that may have few files open; answers by row. `folder` is empty. */
export async function playInOwnProcess(folder: string): Promise<(row: FailureCase) => Played | undefined> {
  const program = transpileProgram('test/failures/play-own-host.ts', folder);
  const limited = `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`;
  const { stdout } = await promisify(execFile)('sh', ['-c', limited, process.execPath, program]);
  const played: readonly Played[] = JSON.parse(stdout);
  return (row) => played[OWN_HOST_CASES.indexOf(row)];
}
