import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import acme from 'acme-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Http01Responder } from '../../../src/client/http01-responder.ts';
import { startHttp01Responder } from '../../../src/client/http01-responder.ts';
import { systemTimer } from '../../../src/runtime/timer.ts';
import { checkCertificate } from '../support/check-certificate.ts';
import type { InteropServer } from '../support/interop-server.ts';
import { serialOf, startInteropServer } from '../support/interop-server.ts';

const NAMES = ['acme-client.interop.example', 'www.acme-client.interop.example'];

let server: InteropServer;
let responder: Http01Responder;
let client: acme.Client;

beforeAll(async () => {
  server = await startInteropServer({ names: NAMES });
  responder = await startHttp01Responder({ port: server.httpPort, timer: systemTimer });
  // Its axios takes the trust of the process's global agent unless told otherwise.
  acme.axios.defaults.httpsAgent = new (await import('node:https')).Agent({ ca: readFileSync(server.apiCa) });
  client = new acme.Client({
    directoryUrl: server.directory.localhost,
    accountKey: await acme.crypto.createPrivateEcdsaKey(),
  });
});

afterAll(async () => {
  await responder?.close();
  await server?.finish();
});

async function obtain(file: string): Promise<string> {
  const [, csr] = await acme.crypto.createCsr({ altNames: NAMES });
  const chain = await client.auto({
    csr,
    email: 'acme-client@interop.example',
    termsOfServiceAgreed: true,
    challengePriority: ['http-01'],
    // It would look at port 80 itself first.
    skipChallengeVerification: true,
    challengeCreateFn: async (_authorization, challenge, keyAuthorization) =>
      responder.serve(challenge.token, keyAuthorization),
    challengeRemoveFn: async (_authorization, challenge) => responder.forget(challenge.token),
  });
  const path = join(server.clientFolder, file);
  writeFileSync(path, chain);
  return path;
}

test('acme-client orders twice and revokes, and hears alreadyRevoked when it asks again', async () => {
  const first = await obtain('first.pem');
  const second = await obtain('second.pem');
  for (const file of [first, second]) checkCertificate([file], server.rootCa, NAMES);
  expect(serialOf(second)).not.toBe(serialOf(first));

  const chain = readFileSync(first, 'utf8');
  await client.revokeCertificate(chain, { reason: 4 });
  await expect(client.revokeCertificate(chain)).rejects.toThrow(/already/i);
});
