import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DnsReply } from '../../support/dns-server.ts';
import { record, startDnsServer } from '../../support/dns-server.ts';

/** A DNS server whose TXT records are files, so that shell hooks of clients can write them. */
export interface InteropZone {
  /** For the setting `dns.servers`. */
  readonly server: string;
  /** Hooks in the way of certbot's --manual-auth-hook and --manual-cleanup-hook. */
  readonly authHook: string;
  readonly cleanupHook: string;
  /** A hook in the way of lego's exec provider: `present` or `cleanup`, then the name and the value. */
  readonly execHook: string;
  publish(name: string, value: string): void;
  withdraw(name: string, value: string): void;
  stop(): Promise<void>;
}

const EXEC_HOOK = `
file="FOLDER/\${2%.}=$3"
case "$1" in
  present) printf '%s' "$3" > "$file" ;;
  cleanup) rm "$file" ;;
  *) exit 1 ;;
esac`;

/** Answers TXT look-ups from files in a folder of its own; all other types are empty. */
export async function startInteropZone(): Promise<InteropZone> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-zone-'));
  const dns = await startDnsServer((query): DnsReply => {
    if (query.type !== 'TXT') return {};
    const prefix = `${query.name.toLowerCase()}=`;
    const values = readdirSync(folder)
      .filter((file) => file.startsWith(prefix))
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    return values.length === 0
      ? { rcode: 3 }
      : { answers: values.map((value) => record(query.name, 'TXT', value)) };
  });
  const fileOf = (name: string, value: string) => join(folder, `${name}=${value}`);
  const file = `"${folder}/_acme-challenge.$CERTBOT_DOMAIN=$CERTBOT_VALIDATION"`;
  const hook = (name: string, command: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\nset -eu\n${command}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  return {
    server: dns.server,
    authHook: hook('auth-hook.sh', `printf '%s' "$CERTBOT_VALIDATION" > ${file}`),
    cleanupHook: hook('cleanup-hook.sh', `rm ${file}`),
    execHook: hook('exec-hook.sh', EXEC_HOOK.replace('FOLDER', folder)),
    publish: (name, value) => writeFileSync(fileOf(name, value), value),
    withdraw: (name, value) => rmSync(fileOf(name, value)),
    stop: async () => {
      await dns.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
