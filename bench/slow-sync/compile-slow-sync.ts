import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The machine has no C compiler: what needs the shim cannot be measured. */
export class NoCompilerError extends Error {}

/** What `slow-sync.c` reads its delay from, in milliseconds. */
const DELAY_VARIABLE = 'SLOW_SYNC_MS';

/**
 * Compiles the shim into the folder with `cc`. Returns the environment that makes each sync of a Linux program
 * `delayMs` milliseconds slower. Throws NoCompilerError where there is no `cc`, an Error with its words when it fails.
 */
export function compileSlowSync(
  source: string,
  folder: string,
  delayMs: number,
): Readonly<Record<string, string>> {
  const library = join(folder, 'slow-sync.so');
  const args = ['-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library, source, '-ldl'];
  const { error, status, stderr } = spawnSync('cc', args, { encoding: 'utf8' });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') {
    throw new NoCompilerError(
      'A slow disk cannot be made: it needs a C compiler, and there is no `cc` in PATH (Debian: apt-get install gcc libc6-dev).',
    );
  }
  if (status !== 0) throw new Error(`cc could not compile ${source}: ${error?.message ?? stderr}`);
  return { LD_PRELOAD: library, [DELAY_VARIABLE]: String(delayMs) };
}
