import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
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

/** Far more than a ready file is long: whatever else the path names is not read to its end. */
const LONGEST_BYTES = 65_536;

/**
 * The absolute path of the ready file. Touches nothing. Throws UsageError where the path is empty, its folder cannot be
 * written, or something is there that no start of the server has left: that would be lost.
 */
export function readyFileOf(path: string): string {
  if (path === '') throw new UsageError('--ready-file is empty: is a shell variable unset? Name a file.');
  const file = resolve(path);
  lookAt(file);
  return file;
}

/**
 * Takes away what an earlier start has left: whoever waits for the file must not read that. A file of a server that still
 * runs stays, since a start that is refused must not harm it. Throws UsageError as `readyFileOf` does.
 */
export function removeStaleReadyFile(file: string): void {
  const left = lookAt(file);
  if (left === 'absent') return;
  const runs = left !== 'empty' && readLiveLock(left.dataFolder)?.pid === left.pid;
  try {
    if (!runs) rmSync(file, { force: true });
  } catch (error) {
    throw cannotBeWritten(file, error);
  }
}

/** Takes the file away at a stop, if it is this process's. */
export function removeOwnReadyFile(file: string, pid: number): void {
  try {
    const there = contentOf(file);
    if (typeof there === 'object' && there.pid === pid) rmSync(file, { force: true });
  } catch {
    // What is there now is somebody else's.
  }
}

type Content = Pick<ReadyDocument, 'pid' | 'dataFolder'> | 'empty' | 'absent' | 'foreign';

function lookAt(file: string): Exclude<Content, 'foreign'> {
  let content: Content;
  try {
    accessSync(dirname(file), constants.W_OK);
    content = contentOf(file);
  } catch (error) {
    throw cannotBeWritten(file, error);
  }
  if (content === 'foreign')
    throw new UsageError(
      `--ready-file ${file}: what is there is no ready file, and is left as it is. Name another path, or remove it first.`,
    );
  return content;
}

function cannotBeWritten(file: string, error: unknown): UsageError {
  return new UsageError(
    `--ready-file ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
  );
}

/** Throws the file system's error. */
function contentOf(file: string): Content {
  const status = lstatSync(file, { throwIfNoEntry: false });
  if (status === undefined) return 'absent';
  if (!status.isFile()) return 'foreign';
  const text = readStart(file, LONGEST_BYTES + 1);
  if (text.length > LONGEST_BYTES) return 'foreign';
  // Made by mktemp, or emptied by a power cut, which can leave zeros: nothing is lost with it.
  if (/^\0*$/.test(text)) return 'empty';
  return parseReady(text) ?? 'foreign';
}

function readStart(file: string, bytes: number): string {
  // Not blocking, should a pipe have taken the file's place since it was looked at.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, bytes, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The lock file has a process id and a directory too; a root and a data folder only a ready file has. */
function parseReady(latin1: string): Pick<ReadyDocument, 'pid' | 'dataFolder'> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(latin1, 'latin1').toString('utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, directory, rootCa, dataFolder }: Readonly<Record<string, unknown>> = { ...value };
    if (typeof directory !== 'object' || directory === null || typeof rootCa !== 'string') return undefined;
    return typeof pid === 'number' && typeof dataFolder === 'string' ? { pid, dataFolder } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes the file at once and whole: whoever sees it can read it. Throws UsageError where the start itself has made another
 * file of that name, such as its database, and the file system's error.
 */
export function writeReadyFile(file: string, ready: ReadyDocument): void {
  const there = contentOf(file);
  if (there === 'empty' || there === 'foreign')
    throw new UsageError(`--ready-file ${file}: the server keeps another file there. Name another path.`);
  const temporary = `${file}.${ready.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(ready)}\n`);
  renameSync(temporary, file);
}
