import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import { mustRun, runProgram } from '../support/run-program.ts';

const NAMES = ['lego.interop.example', 'www.lego.interop.example'];

let server: InteropServer;

beforeAll(async () => {
  server = await startInteropServer({ names: NAMES });
});

afterAll(() => server?.finish());

const args = (...command: readonly string[]) => [
  ...['--server', server.directory.localhost, '--path', join(server.clientFolder, 'lego')],
  ...['--email', 'lego@interop.example', '--accept-tos'],
  ...NAMES.flatMap((name) => ['--domains', name]),
  ...['--http', '--http.port', `:${server.httpPort}`],
  ...command,
];
const options = () => ({ home: server.clientFolder, env: { LEGO_CA_CERTIFICATES: server.apiCa } });
const certificate = () => join(server.clientFolder, 'lego', 'certificates', `${NAMES[0]}.crt`);

test('lego obtains, renews and revokes, and hears alreadyRevoked when it asks again', async () => {
  await mustRun('lego', args('run'), options());
  checkCertificate([certificate()], server.rootCa, NAMES);
  const serial = serialOf(certificate());

  await mustRun('lego', args('renew', '--days', '10000', '--no-random-sleep'), options());
  checkCertificate([certificate()], server.rootCa, NAMES);
  expect(serialOf(certificate())).not.toBe(serial);

  await mustRun('lego', args('revoke', '--keep', '--reason', '4'), options());
  const again = await runProgram('lego', args('revoke', '--keep'), options());
  expect(again.code).not.toBe(0);
  expect(again.output).toContain('alreadyRevoked');
});
