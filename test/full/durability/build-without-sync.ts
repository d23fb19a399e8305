import { cpSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAM } from '../../support/running-server.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Copies the built program into the folder, with the sync that covers each commit taken out: SQLite syncs as the level
 * says (`OFF` never, `NORMAL` at checkpoints alone), and what our own code syncs by `fdatasync` it looks at instead.
 * Answers the copy's program. Throws when the build has nothing to take out.
 */
export function buildWithoutSync(folder: string, level: 'OFF' | 'NORMAL'): string {
  for (const part of ['dist', 'migrations', 'config', 'package.json'])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  let taken = 0;
  for (const name of readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!/\.[cm]?js$/.test(name)) continue;
    const file = join(folder, 'dist', name);
    const text = readFileSync(file, 'utf8');
    const broken = text
      .replace(/(synchronous\s*=\s*)(?:FULL|EXTRA|NORMAL|[123])\b/gi, `$1${level}`)
      .replace(/\bfdatasync(Sync)?\b/g, 'fstat$1');
    if (broken === text) continue;
    writeFileSync(file, broken);
    taken += 1;
  }
  if (taken === 0) throw new Error('the build says nowhere how commits are synced');
  return join(folder, relative(root, PROGRAM));
}
