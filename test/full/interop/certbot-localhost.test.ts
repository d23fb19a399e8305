import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { startInteropServer } from '../support/interop-server.ts';
import { provedBy } from '../support/proved-by.ts';
import { mustRun } from '../support/run-program.ts';

let server: InteropServer;

beforeAll(async () => {
  server = await startInteropServer({ names: [] });
});

afterAll(() => server?.finish());

test.each(['ipv4', 'ipv6', 'localhost'] as const)(
  'certbot obtains a certificate for first.localhost, with no DNS and no setting, from the %s directory',
  async (family) => {
    const folder = (name: string) => join(server.clientFolder, family, name);
    await mustRun(
      'certbot',
      [
        ...['certonly', '--standalone', '--http-01-port', String(server.httpPort), '--non-interactive'],
        ...['--server', String(server.directory[family]), '--agree-tos', '--register-unsafely-without-email'],
        ...['--config-dir', folder('config'), '--work-dir', folder('work'), '--logs-dir', folder('logs')],
        ...['-d', 'first.localhost'],
      ],
      { home: server.clientFolder, env: { REQUESTS_CA_BUNDLE: server.apiCa } },
    );
    const chain = folder('config/live/first.localhost/fullchain.pem');
    checkCertificate([chain], server.rootCa, ['first.localhost']);
    expect(await provedBy(server, 'first.localhost')).toEqual(['first.localhost http-01']);
  },
);
