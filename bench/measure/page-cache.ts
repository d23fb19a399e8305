import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Has the kernel drop what it keeps of the files, and of everything below the folders, in its page cache: by
 * posix_fadvise(2), for which coreutils' dd needs no root. Pages that a running program has mapped stay. Returns false
 * where there is no such dd.
 */
export function dropFromPageCache(paths: readonly string[]): boolean {
  return paths.flatMap(filesBelow).every((path) => {
    const dropped = spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
    return dropped.status === 0;
  });
}

function filesBelow(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}
