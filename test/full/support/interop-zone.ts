import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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
  stop(): Promise<void>;
}

/** Answers TXT look-ups from files in `folder`, which it fills with the hooks too; all other types are empty. */
export async function startInteropZone(folder: string): Promise<InteropZone> {
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
    stop: dns.stop,
  };
}
