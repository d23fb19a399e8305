import { chmodSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Listener } from '../../../src/runtime/listener.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import { mustRun, runProgram } from '../support/run-program.ts';
import { startWebrootServer } from '../support/webroot-server.ts';

const NAMES = ['uacme.interop.example', 'www.uacme.interop.example'];

/** uacme trusts the system's CAs alone, so its HTTPS runs see a /etc/ssl/certs of their own. */
const OWN_TRUST = 'mount --bind "$TRUST" /etc/ssl/certs && exec uacme "$@"';

describe.each([
  ['HTTPS', true],
  ['plain HTTP, as behind a proxy', false],
])('over %s', (_, tls) => {
  let server: InteropServer;
  let webroot: Listener;
  let hook: string;
  let trust: string;

  beforeAll(async () => {
    server = await startInteropServer({ names: NAMES, settings: { 'acme.tls.enabled': tls } });
    const challenges = join(server.clientFolder, 'challenges');
    mkdirSync(challenges);
    webroot = await startWebrootServer(challenges, server.httpPort);
    hook = join(server.clientFolder, 'hook.sh');
    writeFileSync(
      hook,
      `#!/bin/sh
# uacme: METHOD TYPE IDENT TOKEN AUTH
[ "$2" = http-01 ] || exit 1
case "$1" in
  begin) printf '%s' "$5" > "${challenges}/$4" ;;
  *) rm "${challenges}/$4" ;;
esac
`,
    );
    chmodSync(hook, 0o755);
    trust = join(server.clientFolder, 'trust');
    mkdirSync(trust);
    if (tls) copyFileSync(server.apiCa, join(trust, 'ca-certificates.crt'));
  });

  afterAll(async () => {
    await webroot?.close(0);
    await server?.finish();
  });

  const options = () => ({ home: server.clientFolder, env: { TRUST: trust } });
  const command = (...args: readonly string[]): readonly [string, readonly string[]] => [
    'unshare',
    [
      ...['--mount', 'sh', '-c', OWN_TRUST, 'uacme'],
      ...['--verbose', '--yes', '--acme-url', server.directory.localhost],
      ...['--confdir', join(server.clientFolder, 'conf'), '--hook', hook, ...args],
    ],
  ];
  const uacme = (...args: readonly string[]) => mustRun(...command(...args), options());
  const certificate = () => join(server.clientFolder, 'conf', NAMES[0] ?? '', 'cert.pem');

  test('uacme obtains, renews by force and revokes, and hears alreadyRevoked when it asks again', async () => {
    await uacme('new', 'uacme@interop.example');
    await uacme('issue', ...NAMES);
    checkCertificate([certificate()], server.rootCa, NAMES);
    const serial = serialOf(certificate());

    await uacme('--force', 'issue', ...NAMES);
    checkCertificate([certificate()], server.rootCa, NAMES);
    expect(serialOf(certificate())).not.toBe(serial);

    const copy = join(server.clientFolder, 'copy.pem');
    copyFileSync(certificate(), copy);
    await uacme('revoke', certificate());
    const again = await runProgram(...command('revoke', copy), options());
    expect(again.code).not.toBe(0);
    expect(again.output).toContain('alreadyRevoked');
  });
});
