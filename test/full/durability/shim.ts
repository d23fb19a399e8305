import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Whether this machine can compile the shim. */
export const hasCompiler = spawnSync('cc', ['--version']).status === 0;

/** Compiles the shim into the folder and answers its path, to be preloaded. */
export function compileShim(folder: string): string {
  const library = join(folder, 'shim.so');
  const source = fileURLToPath(new URL('shim.c', import.meta.url));
  const { status, stderr } = spawnSync(
    'cc',
    ['-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-o', library, source, '-ldl'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`the shim does not compile:\n${stderr}`);
  return library;
}
