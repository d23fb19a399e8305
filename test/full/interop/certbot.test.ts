import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import type { InteropZone } from '../support/interop-zone.ts';
import { startInteropZone } from '../support/interop-zone.ts';
import { allBy, provedBy } from '../support/proved-by.ts';
import { mustRun, runProgram } from '../support/run-program.ts';

const NAMES = ['certbot.interop.example', 'www.certbot.interop.example'];

let server: InteropServer;
let zone: InteropZone;

beforeAll(async () => {
  zone = await startInteropZone();
  server = await startInteropServer({ names: NAMES, settings: { 'dns.servers': zone.server } });
});

afterAll(async () => {
  await server?.finish();
  await zone?.stop();
});

const folders = () =>
  ['config', 'work', 'logs'].flatMap((name) => [`--${name}-dir`, join(server.clientFolder, name)]);
const options = () => ({ home: server.clientFolder, env: { REQUESTS_CA_BUNDLE: server.apiCa } });
const certbot = (...args: readonly string[]) =>
  mustRun('certbot', [...args, '--non-interactive', ...folders()], options());
const live = (certificate: string, file: string) =>
  join(server.clientFolder, 'config', 'live', certificate, file);

const obtain = (certificate: string, names: readonly string[], directory = server.directory.localhost) =>
  certbot(
    ...['certonly', '--standalone', '--http-01-port', String(server.httpPort)],
    ...['--server', directory, '--agree-tos', '--register-unsafely-without-email'],
    ...['--cert-name', certificate, ...names.flatMap((name) => ['-d', name])],
  );

/** Revokes, and asks again. certbot 2.1 stumbles over any refusal under Python 3.11; its log has what the server said. */
async function revokeTwice(certificate: string, more: readonly string[]): Promise<void> {
  const args = [
    'revoke',
    '--cert-path',
    live(certificate, 'fullchain.pem'),
    '--no-delete-after-revoke',
    ...more,
  ];
  const withServer = [...args, '--server', server.directory.localhost];
  expect(await certbot(...withServer)).toContain('Congratulations! You have successfully revoked');
  const again = await runProgram('certbot', [...withServer, '--non-interactive', ...folders()], options());
  expect(again.code).not.toBe(0);
  const log = readFileSync(join(server.clientFolder, 'logs', 'letsencrypt.log'), 'utf8');
  expect(log).toContain('urn:ietf:params:acme:error:alreadyRevoked');
}

test('certbot obtains a certificate by http-01 and renews it', async () => {
  await obtain('first', NAMES);
  checkCertificate([live('first', 'fullchain.pem')], server.rootCa, NAMES);
  expect(await provedBy(server, NAMES[0] ?? '')).toEqual(allBy('http-01', NAMES));
  const serial = serialOf(live('first', 'cert.pem'));
  await certbot('renew', '--no-random-sleep-on-renew', '--force-renewal');
  checkCertificate([live('first', 'fullchain.pem')], server.rootCa, NAMES);
  expect(serialOf(live('first', 'cert.pem'))).not.toBe(serial);
});

test('certbot revokes by the account key, and hears alreadyRevoked when it asks again', async () => {
  await obtain('by-account', NAMES.slice(0, 1));
  await revokeTwice('by-account', ['--reason', 'superseded']);
});

test("certbot revokes by the certificate's key, and hears alreadyRevoked when it asks again", async () => {
  await obtain('by-key', NAMES.slice(1));
  await revokeTwice('by-key', ['--key-path', live('by-key', 'privkey.pem')]);
});

test('certbot obtains a wildcard certificate by dns-01', async () => {
  await certbot(
    ...['certonly', '--manual', '--preferred-challenges', 'dns'],
    ...['--manual-auth-hook', zone.authHook, '--manual-cleanup-hook', zone.cleanupHook],
    ...['--server', server.directory.localhost, '--agree-tos', '--register-unsafely-without-email'],
    ...['--cert-name', 'wildcard', '-d', '*.wild.interop.example', '-d', 'wild.interop.example'],
  );
  checkCertificate([live('wildcard', 'fullchain.pem')], server.rootCa, [
    '*.wild.interop.example',
    'wild.interop.example',
  ]);
  expect(await provedBy(server, 'wild.interop.example')).toEqual([
    '*.wild.interop.example dns-01',
    'wild.interop.example dns-01',
  ]);
});
