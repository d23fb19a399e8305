import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { startInteropServer } from '../support/interop-server.ts';
import { provedBy } from '../support/proved-by.ts';
import type { RunningClient } from '../support/running-client.ts';
import { startClient } from '../support/running-client.ts';
import { servedSerial } from '../support/served-certificate.ts';

const NAME = 'apache.interop.example';
/** Besides what Debian builds in. */
const MODULES = ['mpm_event', 'authz_core', 'socache_shmcb', 'ssl', 'md'];

describe.each(['http-01', 'tls-alpn-01'] as const)('by %s', (type) => {
  let server: InteropServer;
  let apache: RunningClient;
  let folder: string;
  let httpsPort: number;

  beforeAll(async () => {
    server = await startInteropServer({ names: [NAME] });
    // Apache's processes have a user of their own, who must reach the folder.
    folder = mkdtempSync(join(tmpdir(), 'touchstone-apache-'));
    chmodSync(folder, 0o755);
    copyFileSync(server.apiCa, join(folder, 'api-ca.pem'));
    mkdirSync(join(folder, 'htdocs'));
    httpsPort = type === 'tls-alpn-01' ? server.tlsPort : await freePort();
    const httpPort = type === 'http-01' ? server.httpPort : await freePort();
    writeFileSync(join(folder, 'httpd.conf'), configuration(httpPort));
    apache = await startClient('apache2', ['-DFOREGROUND', '-f', join(folder, 'httpd.conf')], {
      home: folder,
    });
  });

  afterAll(async () => {
    await apache?.stop();
    await server?.finish();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  test('mod_md obtains a certificate from the server, and Apache serves it after a graceful restart', async () => {
    await apache.logged('changes will be activated on next');
    expect(await provedBy(server, NAME)).toEqual([`${NAME} ${type}`]);
    process.kill(apache.pid, 'SIGUSR1');
    await expect
      .poll(() => servedSerial(server, httpsPort, NAME).catch(() => ''), { timeout: 30_000 })
      .toMatch(/^[0-9A-F]+$/);
  });

  function configuration(httpPort: number): string {
    return `ServerRoot "${folder}"
PidFile "${folder}/apache.pid"
DefaultRuntimeDir "${folder}"
ErrorLog "|/bin/cat"
LogLevel warn md:notice
ServerName ${NAME}
User www-data
Group www-data
DocumentRoot "${folder}/htdocs"
${MODULES.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
Listen ${httpPort}
Listen ${httpsPort}
Protocols http/1.1 acme-tls/1
MDPortMap http:${httpPort} https:${httpsPort}
MDStoreDir "${folder}/md"
MDCertificateAuthority ${server.directory.localhost}
MDCertificateAgreement accepted
MDCACertificateFile "${folder}/api-ca.pem"
MDContactEmail apache@interop.example
MDCAChallenges ${type}
MDStapling off
MDomain ${NAME}
<VirtualHost *:${httpPort}>
  ServerName ${NAME}
</VirtualHost>
<VirtualHost *:${httpsPort}>
  ServerName ${NAME}
  SSLEngine on
</VirtualHost>
`;
  }
});
