import { getServers } from 'node:dns';
import { readFileSync } from 'node:fs';
import type { Timer } from '../runtime/timer.ts';
import type { HostsTable } from './hosts-file.ts';
import { parseHostsFile } from './hosts-file.ts';
import { parseResolvConf } from './resolv-conf.ts';
import type { ServerAddress } from './server-address.ts';
import { parseServerAddress } from './server-address.ts';

/** What the host itself says about names. */
export interface SystemFiles {
  hosts(): HostsTable;
  servers(): readonly ServerAddress[];
}

/** Milliseconds. An edit is seen almost at once, and many look-ups at a time read no file. */
const FRESH_FOR_MS = 1000;

const HOSTS_FILE = process.platform === 'win32' ? 'C:\\Windows\\System32\\drivers\\etc\\hosts' : '/etc/hosts';

/**
 * Reads the hosts file and /etc/resolv.conf, and again when what was read is a second old: both change while a server runs.
 * Where there is no resolv.conf, Node.js knows the system's servers. A file that cannot be read counts as empty.
 */
export function createSystemFiles(
  timer: Timer,
  read: (path: string) => string | undefined = readText,
): SystemFiles {
  return {
    hosts: remembered(timer, () => parseHostsFile(read(HOSTS_FILE) ?? '')),
    servers: remembered(timer, () => {
      const text = read('/etc/resolv.conf');
      if (text !== undefined) return parseResolvConf(text);
      return getServers()
        .map(parseServerAddress)
        .filter((server) => server !== undefined);
    }),
  };
}

function remembered<Value>(timer: Timer, load: () => Value): () => Value {
  let known: { readonly value: Value; readonly at: number } | undefined;
  return () => {
    if (known === undefined || timer.now() - known.at >= FRESH_FOR_MS) {
      known = { value: load(), at: timer.now() };
    }
    return known.value;
  };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
