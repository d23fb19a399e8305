import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import type { InteropZone } from '../support/interop-zone.ts';
import { startInteropZone } from '../support/interop-zone.ts';
import { allBy, provedBy } from '../support/proved-by.ts';
import { mustRun, runProgram } from '../support/run-program.ts';

const NAMES = ['lego.interop.example', 'www.lego.interop.example'];
/** Not among the hosts of the configuration, so that DNS is asked for their TXT records. */
const ZONE_NAMES = ['*.zone.lego.interop.example', 'zone.lego.interop.example'];

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

const lego = (challenge: readonly string[], names: readonly string[], ...command: readonly string[]) => [
  ...['--server', server.directory.localhost, '--path', join(server.clientFolder, 'lego')],
  ...['--email', 'lego@interop.example', '--accept-tos'],
  ...names.flatMap((name) => ['--domains', name]),
  ...challenge,
  ...command,
];
const byHttp = (...command: readonly string[]) =>
  lego(['--http', '--http.port', `:${server.httpPort}`], NAMES, ...command);
const options = (env: Readonly<Record<string, string>> = {}) => ({
  home: server.clientFolder,
  env: { LEGO_CA_CERTIFICATES: server.apiCa, ...env },
});
const certificate = (name = NAMES[0]) => join(server.clientFolder, 'lego', 'certificates', `${name}.crt`);

test('lego obtains by http-01, renews and revokes, and hears alreadyRevoked when it asks again', async () => {
  await mustRun('lego', byHttp('run'), options());
  checkCertificate([certificate()], server.rootCa, NAMES);
  expect(await provedBy(server, NAMES[0] ?? '')).toEqual(allBy('http-01', NAMES));
  const serial = serialOf(certificate());

  await mustRun('lego', byHttp('renew', '--days', '10000', '--no-random-sleep'), options());
  checkCertificate([certificate()], server.rootCa, NAMES);
  expect(serialOf(certificate())).not.toBe(serial);

  await mustRun('lego', byHttp('revoke', '--keep', '--reason', '4'), options());
  const again = await runProgram('lego', byHttp('revoke', '--keep'), options());
  expect(again.code).not.toBe(0);
  expect(again.output).toContain('alreadyRevoked');
});

test('lego obtains a certificate by tls-alpn-01', async () => {
  await mustRun('lego', lego(['--tls', '--tls.port', `:${server.tlsPort}`], NAMES, 'run'), options());
  checkCertificate([certificate()], server.rootCa, NAMES);
  expect(await provedBy(server, NAMES[0] ?? '')).toEqual(allBy('tls-alpn-01', NAMES));
});

test('lego obtains a certificate for a name and its wildcard by dns-01', async () => {
  // It would wait until the zone's name servers know the record, and would ask the root for them.
  const challenge = ['--dns', 'exec', '--dns.disable-cp', '--dns.resolvers', zone.server];
  // Between two names it would wait a minute.
  const hook = { EXEC_PATH: zone.execHook, EXEC_SEQUENCE_INTERVAL: '1' };
  await mustRun('lego', lego(challenge, ZONE_NAMES, 'run'), options(hook));
  checkCertificate([certificate('_.zone.lego.interop.example')], server.rootCa, ZONE_NAMES);
  expect(await provedBy(server, ZONE_NAMES[1] ?? '')).toEqual(allBy('dns-01', ZONE_NAMES));
});
