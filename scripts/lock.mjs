// Lets one process at a time install and build in a checkout.
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const POLL_MS = 100;

/** What a rename onto a folder that is there and not empty fails with, by operating system. */
const TAKEN = process.platform === 'win32' ? ['EPERM', 'EACCES', 'EEXIST'] : ['EEXIST', 'ENOTEMPTY'];

/**
 * Makes a folder that holds this process's id, and answers what removes it again. While it belongs to another process that is
 * alive, says so once on standard error and waits; that of a process that has ended is taken over. Throws what the file
 * system does.
 */
export function takeLock(folder) {
  const mine = `${folder}-${process.pid}`;
  // Made elsewhere and renamed, so that it is there with its content or not at all.
  mkdirSync(mine, { recursive: true });
  writeFileSync(join(mine, 'pid'), String(process.pid));
  try {
    for (let said = false; !movedTo(folder, mine); ) {
      const holder = holderOf(folder);
      if (holder !== undefined && !isAlive(holder)) {
        takeAway(folder, holder);
        continue;
      }
      if (holder !== undefined && !said) {
        said = true;
        console.error(
          `Waiting for process ${holder}, which installs or builds here. If it does something else, remove ${folder}.`,
        );
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    }
  } finally {
    rmSync(mine, { recursive: true, force: true });
  }
  return () => takeAway(folder, process.pid);
}

/** False when somebody has the lock. */
function movedTo(folder, mine) {
  try {
    renameSync(mine, folder);
    return true;
  } catch (error) {
    if (TAKEN.includes(error.code)) return false;
    throw error;
  }
}

/** Removes the lock of one process; another's, which has taken it meanwhile, is put back. */
function takeAway(folder, holder) {
  const aside = `${folder}-${process.pid}-aside`;
  try {
    renameSync(folder, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  if (holderOf(aside) !== holder) movedTo(folder, aside);
  rmSync(aside, { recursive: true, force: true });
}

function holderOf(folder) {
  try {
    return Number(readFileSync(join(folder, 'pid'), 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(pid) {
  // This process has no lock yet: one in its name was left by an earlier process with the same id.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
