import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InteropServer } from './interop-server.ts';
import { startInteropServer } from './interop-server.ts';
import type { ProgramResult } from './run-program.ts';
import { mustRun, runProgram } from './run-program.ts';
import { startWebrootServer } from './webroot-server.ts';

/** uacme trusts the system's CAs alone, so its HTTPS runs see a /etc/ssl/certs of their own. */
const OWN_TRUST = 'mount --bind "$TRUST" /etc/ssl/certs && exec uacme "$@"';

export interface UacmeWorld extends InteropServer {
  /** Where ualpn listens for what its hook tells it. */
  readonly alpnSocket: string;
  /** `cert.pem` of the certificate whose first name this is. */
  certificate(name: string): string;
  /** Must succeed. */
  run(challenge: 'http-01' | 'tls-alpn-01', ...args: readonly string[]): Promise<void>;
  /** May fail. */
  attempt(...args: readonly string[]): Promise<ProgramResult>;
}

/** A server for uacme, with a web server and hooks for its challenges; `tls` says whether the API speaks HTTPS. */
export async function startUacmeWorld(names: readonly string[], tls: boolean): Promise<UacmeWorld> {
  const server = await startInteropServer({ names, settings: { 'acme.tls.enabled': tls } });
  const home = server.clientFolder;
  const challenges = join(home, 'challenges');
  mkdirSync(challenges);
  const webroot = await startWebrootServer(challenges, server.httpPort);
  const alpnSocket = join(home, 'ualpn.sock');
  const hook = (name: string, text: string): string => {
    const path = join(home, name);
    // uacme: METHOD TYPE IDENT TOKEN AUTH
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const hooks = {
    'http-01': hook(
      'http-hook.sh',
      `[ "$2" = http-01 ] || exit 1
case "$1" in
  begin) printf '%s' "$5" > "${challenges}/$4" ;;
  *) rm "${challenges}/$4" ;;
esac`,
    ),
    'tls-alpn-01': hook(
      'alpn-hook.sh',
      `[ "$2" = tls-alpn-01 ] || exit 1
case "$1" in
  begin) told="auth $3 $5" ;;
  *) told="unauth $3" ;;
esac
[ "$(echo "$told" | ualpn --sock "${alpnSocket}")" = OK ]`,
    ),
  };
  const trust = join(home, 'trust');
  mkdirSync(trust);
  if (tls) copyFileSync(server.apiCa, join(trust, 'ca-certificates.crt'));
  const command = (hookFile: string, args: readonly string[]): readonly [string, readonly string[]] => [
    'unshare',
    [
      ...['--mount', 'sh', '-c', OWN_TRUST, 'uacme'],
      ...['--verbose', '--yes', '--acme-url', server.directory.localhost],
      ...['--confdir', join(home, 'conf'), '--hook', hookFile, ...args],
    ],
  ];
  const options = { home, env: { TRUST: trust } };
  return {
    ...server,
    alpnSocket,
    certificate: (name) => join(home, 'conf', name, 'cert.pem'),
    run: async (challenge, ...args) => void (await mustRun(...command(hooks[challenge], args), options)),
    attempt: (...args) => runProgram(...command(hooks['http-01'], args), options),
    finish: async () => {
      await webroot.close(0);
      await server.finish();
    },
  };
}
