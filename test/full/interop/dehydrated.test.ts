import { mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Listener } from '../../../src/runtime/listener.ts';
import { startAlpnResponder } from '../support/alpn-responder.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import { allBy, provedBy } from '../support/proved-by.ts';
import { mustRun, runProgram } from '../support/run-program.ts';
import { startWebrootServer } from '../support/webroot-server.ts';

const NAMES = ['dehydrated.interop.example', 'www.dehydrated.interop.example'];

let server: InteropServer;
let webroot: Listener;

beforeAll(async () => {
  server = await startInteropServer({ names: NAMES });
  const base = server.clientFolder;
  const wellKnown = join(base, 'well-known');
  mkdirSync(wellKnown);
  webroot = await startWebrootServer(wellKnown, server.httpPort);
  writeFileSync(join(base, 'domains.txt'), `${NAMES.join(' ')}\n`);
  writeFileSync(
    join(base, 'config'),
    [
      `CA=${server.directory.localhost}`,
      `BASEDIR=${base}`,
      `WELLKNOWN=${wellKnown}`,
      `DOMAINS_TXT=${join(base, 'domains.txt')}`,
      'CONTACT_EMAIL=dehydrated@interop.example',
      '',
    ].join('\n'),
  );
});

afterAll(async () => {
  await webroot?.close(0);
  await server?.finish();
});

const options = () => ({ home: server.clientFolder, env: { CURL_CA_BUNDLE: server.apiCa } });
const args = (...command: readonly string[]) => [...command, '--config', join(server.clientFolder, 'config')];
const file = (name: string) => join(server.clientFolder, 'certs', NAMES[0] ?? '', name);

test('dehydrated obtains, renews by force and revokes, and hears alreadyRevoked when it asks again', async () => {
  await mustRun('dehydrated', args('--register', '--accept-terms'), options());
  await mustRun('dehydrated', args('--cron'), options());
  checkCertificate([file('fullchain.pem')], server.rootCa, NAMES);
  expect(await provedBy(server, NAMES[0] ?? '')).toEqual(allBy('http-01', NAMES));
  const serial = serialOf(file('cert.pem'));

  await mustRun('dehydrated', args('--cron', '--force'), options());
  checkCertificate([file('fullchain.pem')], server.rootCa, NAMES);
  expect(serialOf(file('cert.pem'))).not.toBe(serial);

  // It renames the file that it has revoked; the second request names it by its new name.
  const revoked = realpathSync(file('cert.pem'));
  await mustRun('dehydrated', args('--revoke', revoked), options());
  const again = await runProgram('dehydrated', args('--revoke', `${revoked}-revoked`), options());
  expect(again.code).not.toBe(0);
  expect(again.output).toContain('alreadyRevoked');
});

test('dehydrated obtains a certificate by tls-alpn-01', async () => {
  const folder = join(server.clientFolder, 'alpn');
  const alpn = await startAlpnResponder(server.tlsPort, (name) => ({
    cert: readFileSync(join(folder, `${name}.crt.pem`)),
    key: readFileSync(join(folder, `${name}.key.pem`)),
  }));
  try {
    await mustRun('dehydrated', args('--register', '--accept-terms'), options());
    const command = ['--cron', '--force', '--challenge', 'tls-alpn-01', '--alpn', folder];
    await mustRun('dehydrated', args(...command), options());
  } finally {
    await alpn.stop();
  }
  checkCertificate([file('fullchain.pem')], server.rootCa, NAMES);
  expect(await provedBy(server, NAMES[0] ?? '')).toEqual(allBy('tls-alpn-01', NAMES));
});
