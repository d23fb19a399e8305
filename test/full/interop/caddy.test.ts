import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import { cleanEnvironment, runProgram } from '../support/run-program.ts';

const NAME = 'caddy.interop.example';

/** The shortest that the configuration takes. */
const LIFETIME_SECONDS = 60;

/** Caddy renews when less than this part of the validity is left; it looks every second here. */
const RENEWAL_WINDOW_RATIO = 0.8;

let server: InteropServer;
let caddy: ChildProcess;
let tlsPort: number;
let log = '';
const written = new Set<() => void>();

beforeAll(async () => {
  server = await startInteropServer({
    names: [NAME],
    settings: { 'issuance.lifetimeSeconds': LIFETIME_SECONDS },
  });
  tlsPort = await freePort();
  const configuration = join(server.clientFolder, 'caddy.json');
  writeFileSync(configuration, JSON.stringify(caddyConfiguration()));
  caddy = spawn('caddy', ['run', '--config', configuration], {
    env: cleanEnvironment({ home: server.clientFolder }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  caddy.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
    for (const wake of written) wake();
  });
});

afterAll(async () => {
  if (caddy?.exitCode === null) {
    caddy.kill('SIGTERM');
    await once(caddy, 'exit');
  }
  await server?.finish();
});

test('Caddy obtains a certificate from the server, and renews it before it expires', async () => {
  await logged('certificate obtained successfully');
  const first = await servedSerial();
  await logged('certificate renewed successfully');
  expect(await servedSerial()).not.toBe(first);
});

function caddyConfiguration(): object {
  const acme = {
    module: 'acme',
    ca: server.directory.localhost,
    trusted_roots_pem_files: [server.apiCa],
    challenges: { http: { alternate_port: server.httpPort }, 'tls-alpn': { disabled: true } },
  };
  const policy = { subjects: [NAME], issuers: [acme], renewal_window_ratio: RENEWAL_WINDOW_RATIO };
  return {
    admin: { disabled: true },
    storage: { module: 'file_system', root: join(server.clientFolder, 'storage') },
    apps: {
      http: {
        http_port: server.httpPort,
        https_port: tlsPort,
        servers: {
          main: {
            listen: [`:${tlsPort}`],
            routes: [{ match: [{ host: [NAME] }], handle: [{ handler: 'static_response', body: 'ok' }] }],
          },
        },
      },
      tls: { automation: { renew_interval: '1s', policies: [policy] } },
    },
  };
}

/** Resolves when Caddy's log holds the words; fails with the log when Caddy ends before. */
function logged(words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (!log.includes(words)) return;
      written.delete(look);
      resolve();
    };
    caddy.once('exit', (code) => reject(new Error(`caddy ended with ${code}:\n${log}`)));
    written.add(look);
    look();
  });
}

/** The serial of the certificate that Caddy serves: whether it is our CA's, openssl has judged by then. */
async function servedSerial(): Promise<string> {
  const { stdout } = await runProgram(
    'openssl',
    ['s_client', '-connect', `127.0.0.1:${tlsPort}`, '-servername', NAME, '-showcerts'],
    { home: server.clientFolder },
  );
  const file = join(server.clientFolder, 'served.pem');
  writeFileSync(file, stdout);
  checkCertificate([file], server.rootCa, [NAME]);
  return serialOf(file);
}
