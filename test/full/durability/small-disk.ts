import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A file system of its own in memory. Sizes are in kilobytes. */
export interface SmallDisk {
  readonly path: string;
  resize(kilobytes: number): void;
  /** Writes a file that leaves so much free. Answers its path. */
  fill(leave: number): string;
  /** Makes it read-only, or writable again. Nothing may be open for writing. */
  setReadOnly(readOnly: boolean): void;
}

/** Mounts it for the time of a test. Needs root. */
export function mountSmallDisk(kilobytes: number): SmallDisk {
  const path = temporaryFolder();
  const mount = (...args: readonly string[]): void => void execFileSync('mount', args, { stdio: 'pipe' });
  mount('-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path);
  onTestFinished(() => void execFileSync('umount', ['--lazy', path], { stdio: 'pipe' }));
  return {
    path,
    resize: (size) => mount('-o', `remount,size=${size}k`, path),
    setReadOnly: (readOnly) => mount('-o', `remount,${readOnly ? 'ro' : 'rw'}`, path),
    fill(leave) {
      const { bavail, bsize } = statfsSync(path);
      const filler = join(path, 'filler');
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leave * 1024)));
      return filler;
    },
  };
}
