import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { startInteropServer } from '../support/interop-server.ts';
import { provedBy } from '../support/proved-by.ts';
import type { RunningClient } from '../support/running-client.ts';
import { startClient } from '../support/running-client.ts';
import { servedSerial } from '../support/served-certificate.ts';

const NAME = 'caddy.interop.example';

/** The shortest that the configuration takes. */
const LIFETIME_SECONDS = 60;

/** Caddy renews when less than this part of the validity is left; it looks every second here. */
const RENEWAL_WINDOW_RATIO = 0.8;

describe.each(['http-01', 'tls-alpn-01'] as const)('by %s', (type) => {
  let server: InteropServer;
  let caddy: RunningClient;
  let httpsPort: number;

  beforeAll(async () => {
    server = await startInteropServer({
      names: [NAME],
      settings: { 'issuance.lifetimeSeconds': LIFETIME_SECONDS },
    });
    httpsPort = type === 'tls-alpn-01' ? server.tlsPort : await freePort();
    const configuration = join(server.clientFolder, 'caddy.json');
    writeFileSync(configuration, JSON.stringify(await caddyConfiguration()));
    caddy = await startClient('caddy', ['run', '--config', configuration], { home: server.clientFolder });
  });

  afterAll(async () => {
    await caddy?.stop();
    await server?.finish();
  });

  test('Caddy obtains a certificate from the server, and renews it before it expires', async () => {
    await caddy.logged('certificate obtained successfully');
    expect(await provedBy(server, NAME)).toEqual([`${NAME} ${type}`]);
    const first = await servedSerial(server, httpsPort, NAME);
    await caddy.logged('certificate renewed successfully');
    expect(await provedBy(server, NAME)).toEqual([`${NAME} ${type}`]);
    expect(await servedSerial(server, httpsPort, NAME)).not.toBe(first);
  });

  async function caddyConfiguration(): Promise<object> {
    const storage = join(server.clientFolder, 'storage');
    mkdirSync(storage);
    const challenges = {
      http: type === 'http-01' ? { alternate_port: server.httpPort } : { disabled: true },
      'tls-alpn': type === 'tls-alpn-01' ? { alternate_port: server.tlsPort } : { disabled: true },
    };
    const acme = {
      module: 'acme',
      ca: server.directory.localhost,
      trusted_roots_pem_files: [server.apiCa],
      challenges,
    };
    const policy = { subjects: [NAME], issuers: [acme], renewal_window_ratio: RENEWAL_WINDOW_RATIO };
    return {
      admin: { disabled: true },
      storage: { module: 'file_system', root: storage },
      apps: {
        http: {
          http_port: type === 'http-01' ? server.httpPort : await freePort(),
          https_port: httpsPort,
          servers: {
            main: {
              listen: [`:${httpsPort}`],
              routes: [{ match: [{ host: [NAME] }], handle: [{ handler: 'static_response', body: 'ok' }] }],
            },
          },
        },
        tls: { automation: { renew_interval: '1s', policies: [policy] } },
      },
    };
  }
});
