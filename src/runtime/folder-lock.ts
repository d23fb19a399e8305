import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another process serves from the folder. Its id is undefined where this process cannot see it. */
export class FolderInUseError extends Error {
  readonly pid: number | undefined;

  constructor(folder: string, pid: number | undefined) {
    const holder =
      pid === undefined
        ? 'a server that cannot be seen from here, for instance in another container'
        : `process ${pid}`;
    super(
      `the data folder ${folder} is in use by ${holder}. Stop that server first, or give this one a folder of its own with --data DIR.`,
    );
    this.name = 'FolderInUseError';
    this.pid = pid;
  }
}

/** Whether another process serves from the folder cannot be told. */
export class UnreadableLockError extends Error {
  constructor(path: string, why: string) {
    super(
      `the lock file ${path} ${why}, so whether a server runs on the folder cannot be told. If none does, remove that file and start again.`,
    );
    this.name = 'UnreadableLockError';
  }
}

/** The folder was removed, moved or taken while this process served from it. */
export class FolderLostError extends Error {
  constructor(what: string) {
    super(
      `${what} was removed or replaced while the server ran, so nothing that it would acknowledge from now on is kept. It has stopped: put the data folder back, or start again with an empty one, and leave it alone while a server runs.`,
    );
    this.name = 'FolderLostError';
  }
}

export interface FolderLock {
  /** Replaces what the lock file says beside the process id, atomically. */
  publish(facts: Readonly<Record<string, unknown>>): void;
  release(): void;
}

interface LockContent {
  readonly pid: number;
  /** When the process began, in the kernel's ticks: tells a reused process id apart. Absent where there is no /proc. */
  readonly startedAtTick?: string;
}

const LOCK_NAME = 'lock';

/**
 * Takes the folder for this process by its file `lock`, which says who holds it. A lock that a dead process left behind
 * is taken over. A process of another PID namespace looks dead too, so that a caller rules such a holder out before. Throws
 * FolderInUseError when a living process holds it, UnreadableLockError when nobody can tell, and the file system's errors.
 */
export function lockFolder(folder: string): FolderLock {
  const path = join(folder, LOCK_NAME);
  const own = `${path}.${process.pid}`;
  const content = contentOf(process.pid);
  try {
    writeFileSync(own, `${JSON.stringify(content)}\n`, { mode: 0o600 });
    claim(path, own, folder);
  } finally {
    rmSync(own, { force: true });
  }
  return {
    publish: (facts) => {
      writeFileSync(own, `${JSON.stringify({ ...content, ...facts })}\n`, { mode: 0o600 });
      renameSync(own, path);
    },
    release: () => {
      if (readLock(folder)?.pid === process.pid) rmSync(path, { force: true });
    },
  };
}

/** What the lock file of the folder says, or undefined when there is none, it cannot be read, or its process is gone. */
export function readLiveLock(folder: string): (LockContent & Readonly<Record<string, unknown>>) | undefined {
  const lock = readLock(folder);
  return lock !== undefined && isAlive(lock) ? lock : undefined;
}

/** Linking fails when the lock is there, so of two starters exactly one wins, also when both clear a dead one's away. */
function claim(path: string, own: string, folder: string): void {
  for (;;) {
    try {
      linkSync(own, path);
      return;
    } catch (error) {
      if (!isFileSystemError(error, 'EEXIST')) throw error;
    }
    const holder = requireReadable(path);
    if (holder !== undefined && isAlive(holder)) throw new FolderInUseError(folder, holder.pid);
    moveAside(path, `${own}.stale`);
  }
}

/** The lock, or undefined for one that a power cut emptied: its name can be on disk before its content. */
function requireReadable(path: string): ReturnType<typeof parseLock> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (isFileSystemError(error, 'ENOENT')) return undefined;
    throw new UnreadableLockError(
      path,
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  const lock = parseLock(text);
  if (lock !== undefined || /^\0*$/.test(text)) return lock;
  throw new UnreadableLockError(path, 'does not say which process wrote it');
}

function moveAside(path: string, aside: string): void {
  try {
    renameSync(path, aside);
    const moved = parseLock(readFileSync(aside, 'utf8'));
    // Between our look and our move another starter may have taken the lock: give it back.
    if (moved !== undefined && isAlive(moved)) renameSync(aside, path);
    else rmSync(aside, { force: true });
  } catch (error) {
    if (!isFileSystemError(error, 'ENOENT')) throw error;
  }
}

function readLock(folder: string): (LockContent & Readonly<Record<string, unknown>>) | undefined {
  try {
    return parseLock(readFileSync(join(folder, LOCK_NAME), 'utf8'));
  } catch {
    return undefined;
  }
}

function parseLock(text: string): (LockContent & Readonly<Record<string, unknown>>) | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const lock: Readonly<Record<string, unknown>> = { ...value };
    return typeof lock.pid === 'number' && lock.pid > 0 ? { ...lock, pid: lock.pid } : undefined;
  } catch {
    return undefined;
  }
}

function contentOf(pid: number): LockContent {
  const startedAtTick = readStat(pid)?.startedAtTick;
  return startedAtTick === undefined ? { pid } : { pid, startedAtTick };
}

function isAlive(lock: LockContent): boolean {
  try {
    process.kill(lock.pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    if (!isFileSystemError(error, 'EPERM')) return false;
  }
  const stat = readStat(lock.pid);
  if (stat?.hasEnded === true) return false;
  return lock.startedAtTick === undefined || lock.startedAtTick === stat?.startedAtTick;
}

interface ProcessStat {
  /** Killed or ended, and its parent has not asked for its exit code yet. Such a process still answers a signal. */
  readonly hasEnded: boolean;
  readonly startedAtTick: string | undefined;
}

/** Fields 3, 20 and 22 of proc(5)'s stat, counted after the command's last closing bracket: it may hold any character. */
function readStat(pid: number): ProcessStat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, threads, startedAtTick] = [fields[0], Number(fields[17]), fields[19]];
    // The state is the first thread's. While others are left, one of them may still be in a write to the disk.
    return { hasEnded: (state === 'Z' || state === 'X') && threads <= 1, startedAtTick };
  } catch {
    return undefined;
  }
}

function isFileSystemError(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
