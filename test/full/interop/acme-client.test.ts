import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import acme from 'acme-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHttp01Responder } from '../../../src/client/http01-responder.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import type { ValidationCertificate } from '../support/alpn-responder.ts';
import { startAlpnResponder } from '../support/alpn-responder.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';
import type { InteropZone } from '../support/interop-zone.ts';
import { startInteropZone } from '../support/interop-zone.ts';
import { allBy, provedBy } from '../support/proved-by.ts';

const NAMES = ['acme-client.interop.example', 'www.acme-client.interop.example'];
/** Not among the hosts of the configuration, so that DNS is asked for their TXT records. */
const ZONE_NAMES = ['*.zone.acme-client.interop.example', 'zone.acme-client.interop.example'];

let server: InteropServer;
let zone: InteropZone;
let client: acme.Client;

beforeAll(async () => {
  zone = await startInteropZone();
  server = await startInteropServer({ names: NAMES, settings: { 'dns.servers': zone.server } });
  // Its axios takes the trust of the process's global agent unless told otherwise.
  acme.axios.defaults.httpsAgent = new Agent({ ca: readFileSync(server.apiCa) });
  client = new acme.Client({
    directoryUrl: server.directory.localhost,
    accountKey: await acme.crypto.createPrivateEcdsaKey(),
  });
});

afterAll(async () => {
  await server?.finish();
  await zone?.stop();
});

type Solver = Pick<acme.ClientAutoOptions, 'challengeCreateFn' | 'challengeRemoveFn'>;

/** Obtains a certificate by one challenge type, and answers the file of its chain. */
async function obtain(
  type: 'http-01' | 'dns-01' | 'tls-alpn-01',
  names: readonly string[],
  solver: Solver,
): Promise<string> {
  const [, csr] = await acme.crypto.createCsr({ altNames: [...names] });
  const chain = await client.auto({
    csr,
    email: 'acme-client@interop.example',
    termsOfServiceAgreed: true,
    challengePriority: [type],
    // It would look at the public ports itself first.
    skipChallengeVerification: true,
    ...solver,
  });
  const path = join(server.clientFolder, `${type}.pem`);
  writeFileSync(path, chain);
  checkCertificate([path], server.rootCa, names);
  const [plain = ''] = names.filter((name) => !name.startsWith('*.'));
  expect(await provedBy(server, plain)).toEqual(allBy(type, names));
  return path;
}

test('acme-client orders twice by http-01 and revokes, and hears alreadyRevoked when it asks again', async () => {
  const responder = await startHttp01Responder({ port: server.httpPort, timer: systemTimer });
  const solver: Solver = {
    challengeCreateFn: async (_authorization, { token }, keyAuthorization) =>
      responder.serve(token, keyAuthorization),
    challengeRemoveFn: async (_authorization, { token }) => responder.forget(token),
  };
  const first = readFileSync(await obtain('http-01', NAMES, solver), 'utf8');
  const second = await obtain('http-01', NAMES, solver);
  await responder.close();
  writeFileSync(join(server.clientFolder, 'first.pem'), first);
  expect(serialOf(second)).not.toBe(serialOf(join(server.clientFolder, 'first.pem')));

  await client.revokeCertificate(first, { reason: 4 });
  await expect(client.revokeCertificate(first)).rejects.toThrow(/already/i);
});

test('acme-client obtains a certificate for a name and its wildcard by dns-01', async () => {
  const nameOf = ({ identifier }: acme.Authorization) => `_acme-challenge.${identifier.value}`;
  await obtain('dns-01', ZONE_NAMES, {
    challengeCreateFn: async (authorization, _challenge, digest) =>
      zone.publish(nameOf(authorization), digest),
    challengeRemoveFn: async (authorization, _challenge, digest) =>
      zone.withdraw(nameOf(authorization), digest),
  });
});

test('acme-client obtains a certificate by tls-alpn-01', async () => {
  const certificates = new Map<string, ValidationCertificate>();
  const alpn = await startAlpnResponder(server.tlsPort, (name) => {
    const found = certificates.get(name);
    if (found === undefined) throw new Error(`nothing to show for ${name}`);
    return found;
  });
  try {
    await obtain('tls-alpn-01', NAMES, {
      challengeCreateFn: async (authorization, _challenge, keyAuthorization) => {
        const [key, cert] = await acme.crypto.createAlpnCertificate(authorization, keyAuthorization);
        certificates.set(authorization.identifier.value, { key, cert });
      },
      challengeRemoveFn: async ({ identifier }) => void certificates.delete(identifier.value),
    });
  } finally {
    await alpn.stop();
  }
});
