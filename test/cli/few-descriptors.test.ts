import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { AcmeClient } from '../../src/client/acme-client.ts';
import { createAcmeClient } from '../../src/client/create-acme-client.ts';
import { obtainCertificate } from '../../src/client/obtain-certificate.ts';
import { generateAccountKey } from '../../src/jws/sign.ts';
import { createCsr } from '../../src/x509/create-csr.ts';
import type { RunningServer } from '../support/running-server.ts';
import { startServer } from '../support/running-server.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startRawServer, startWebServer } from '../support/web-server.ts';

const OPEN_FILES = 256;
/** What the server's warning says of this limit. */
const ACME_CONNECTIONS = 48;
const FLOOD = 200;
const SILENT_TARGETS = 60;

async function clientOf(server: RunningServer): Promise<AcmeClient> {
  const client = createAcmeClient({
    directoryUrl: server.directory.localhost,
    apiCa: readFileSync(server.apiCa, 'utf8'),
    accountKey: await generateAccountKey('ES256'),
  });
  onTestFinished(() => client.close());
  await client.newAccount();
  return client;
}

/** Opens connections that do nothing, and resolves when each has been one. Answers how many stand still. */
async function flood(port: number): Promise<() => number> {
  const sockets = Array.from({ length: FLOOD }, () => connect(port, '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  let standing = FLOOD;
  for (const socket of sockets)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        standing -= 1;
      })
      .resume();
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return () => standing;
}

interface SilentTarget {
  readonly port: number;
  /** Resolves when it has been dialled as often as it is asked for. */
  readonly allDialled: Promise<void>;
}

async function startSilentTarget(): Promise<SilentTarget> {
  let dials = 0;
  let announce: () => void = () => undefined;
  const allDialled = new Promise<void>((resolve) => {
    announce = resolve;
  });
  const server = await startRawServer('127.0.0.2', 0, () => {
    dials += 1;
    if (dials === SILENT_TARGETS) announce();
  });
  onTestFinished(() => server.stop());
  return { port: server.port, allDialled };
}

// Linux has all of 127.0.0.0/8, and its shells can limit open files.
const onLinux = test.skipIf(process.platform !== 'linux');

onLinux(
  'with few file descriptors, floods of connections and dials leave the server able to work',
  async () => {
    const silent = await startSilentTarget();
    const served = new Map<string, string>();
    const answering = await startWebServer('127.0.0.1', silent.port, (request, response) =>
      response.end(served.get(request.url?.split('/').at(-1) ?? '')),
    );
    onTestFinished(() => answering.stop());
    const server = await startServer({
      dataFolder: temporaryFolder(),
      prefix: ['sh', '-c', `ulimit -n ${OPEN_FILES}; exec "$0" "$@"`],
      settings: {
        'validation.httpPort': silent.port,
        'validation.maxDialsPerAccount': SILENT_TARGETS,
        // One account takes at most half of an address.
        'validation.maxDialsPerAddress': 2 * SILENT_TARGETS,
      },
      hosts: { '*.silent.test': ['127.0.0.2'], 'answering.test': ['127.0.0.1'] },
    });
    onTestFinished(() => server.kill());
    expect(server.log()).toContain(
      `no more than ${OPEN_FILES} files open, so the server takes ${ACME_CONNECTIONS} connections at once`,
    );
    const [friend, foe] = [await clientOf(server), await clientOf(server)];

    const standing = await flood(Number(new URL(server.directory.localhost).port));

    const names = Array.from({ length: SILENT_TARGETS }, (_, index) => `n${index}.silent.test`);
    const order = await foe.newOrder(names.map((value) => ({ type: 'dns', value })));
    for (const url of order.authorizations) {
      const { challenges } = await foe.authorization(url);
      const challenge = challenges.find(({ type }) => type === 'http-01');
      await foe.respond(challenge?.url ?? '');
    }
    await silent.allDialled;
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const issued = await obtainCertificate({
      client: friend,
      responder: {
        serve: (token, keyAuthorization) => void served.set(token, keyAuthorization),
        forget: (token) => void served.delete(token),
      },
      names: ['answering.test'],
      csr: createCsr({ privateKey, dnsNames: ['answering.test'], ipAddresses: [] }),
    });
    // The two clients' own connections stood already.
    expect(standing()).toBe(ACME_CONNECTIONS - 2);
    expect(issued.chainPem).toContain('BEGIN CERTIFICATE');
    expect(await server.stop()).toBe(0);
  },
);
