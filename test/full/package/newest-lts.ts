import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newcomersEnvironment } from './packed.ts';

/** The newest line with long-term support that better-sqlite3 12 names in its `engines`. */
export const NEWEST_LTS = 24;

/** Fetches the newest Node.js of that line, with its headers, from the package registry. Returns the path of its program. */
export function fetchNewestLts(folder: string): string {
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--no-audit', '--no-fund', `node@${NEWEST_LTS}`], {
    cwd: folder,
    env: newcomersEnvironment(process.execPath),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const platform = `node-${process.platform}-${process.arch}`;
  return join(folder, 'node_modules/node/node_modules', platform, 'bin/node');
}
